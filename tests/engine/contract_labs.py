"""What the contract is tested with: the engines, the image and the topologies. Importable by a process of its own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness.engine import clab_command, docker_host, docker_image
from harness.engine.base import Engine
from harness.engine.containerlab import ContainerlabEngine
from harness.engine.embedded.engine import EmbeddedEngine
from harness.engine.image import find
from harness.errors import MissingCapability, WrongInput
from harness.topology.model import Endpoint, Link, NodeSpec, Topology

IMAGE = "v6lab/node:trixie"

IDLE = ("sleep", "infinity")
ADDRESSES = {"left": ("192.0.2.1", "2001:db8::1"), "right": ("192.0.2.2", "2001:db8::2")}


def embedded() -> Engine:
    _require_root_and_image()
    return EmbeddedEngine(find)


def containerlab() -> Engine:
    _require_root_and_image()
    if clab_command.find() is None:
        raise MissingCapability("containerlab", "there is no second engine; make containerlab gets it")
    docker_host.connect(timeout=5).close()
    return ContainerlabEngine(find)


def into_docker() -> None:
    """Put the image where containerlab looks for it, so that no test waits for that."""
    client = docker_host.connect()
    docker_image.ensure_in_docker(client, find(IMAGE), IMAGE, lambda line: None)
    client.close()


def _require_root_and_image() -> None:
    if os.geteuid() != 0:
        raise MissingCapability("root", "an engine makes namespaces")
    try:
        find(IMAGE)
    except WrongInput as error:
        raise MissingCapability("the node image", str(error)) from error


ENGINES: Mapping[str, Callable[[], Engine]] = {
    "embedded": embedded,
    "containerlab": containerlab,
}
"""An engine that cannot run here raises ``MissingCapability`` when it is made."""

REQUIRED = "V6LAB_REQUIRED_ENGINES"
"""The variable that names (with commas) the engines whose tests must not be skipped on this machine."""


def available(name: str) -> Engine:
    """The engine of that name. Where it cannot run here its tests are skipped, with the reason; where it must, they
    fail."""
    try:
        return ENGINES[name]()
    except MissingCapability as missing:
        if name in os.environ.get(REQUIRED, "").split(","):
            pytest.fail(f"{REQUIRED} names {name}, but {missing}", pytrace=False)
        pytest.skip(str(missing))


def node(name: str, **what: object) -> NodeSpec:
    given: dict[str, object] = {"image": IMAGE, "cmd": IDLE, "labels": {"v6lab-role": "host"}}
    return NodeSpec(name, **(given | what))  # type: ignore[arg-type]


def addressed(name: str, **what: object) -> NodeSpec:
    four, six = ADDRESSES[name]
    commands = (f"ip addr add {four}/24 dev eth1", f"ip addr add {six}/64 dev eth1 nodad")
    return node(name, capabilities=("NET_ADMIN",), exec=commands, **what)


def topology(lab: str, directory: Path, *nodes: NodeSpec, mtu: int = 1500) -> Topology:
    """Nodes of which the first two are linked, eth1 to eth1; the file says the same in containerlab's words."""
    links = (Link(Endpoint(nodes[0].name, "eth1"), Endpoint(nodes[1].name, "eth1"), mtu),) if len(nodes) > 1 else ()
    file = directory / f"{lab}.clab.yml"
    file.write_text(json.dumps(_written(lab, nodes, links)))  # JSON is YAML
    return Topology(lab, file, {spec.name: spec for spec in nodes}, links)


def pair(lab: str, directory: Path) -> Topology:
    return topology(lab, directory, addressed("left"), addressed("right"))


def _written(lab: str, nodes: tuple[NodeSpec, ...], links: tuple[Link, ...]) -> dict[str, object]:
    bodies = {
        spec.name: {
            "kind": spec.kind,
            "image": spec.image,
            "network-mode": "none",
            **({"entrypoint": " ".join(spec.entrypoint)} if spec.entrypoint else {}),
            "cmd": " ".join(f"'{word}'" for word in spec.cmd or ()),
            "env": dict(spec.env),
            "binds": [f"{bind.source}:{bind.target}{':ro' if bind.read_only else ''}" for bind in spec.binds],
            "exec": list(spec.exec),
            "sysctls": dict(spec.sysctls),
            "cap-add": list(spec.capabilities),
            "devices": list(spec.devices),
            "labels": dict(spec.labels),
            "privileged": False,
            "restart-policy": "no",
        }
        for spec in nodes
    }
    wires = [{"endpoints": [str(end) for end in link.ends], "mtu": link.mtu} for link in links]
    return {"name": lab, "mgmt": {"skip-when-unused": True}, "topology": {"nodes": bodies, "links": wires}}


def main(engine: str, lab: str, directory: str) -> None:
    """Bring the pair up and end: what the caller of a deployment that is killed, or that just ends, does."""
    ENGINES[engine]().deploy(lab, pair(lab, Path(directory)), print)


if __name__ == "__main__":
    main(*sys.argv[1:])
