"""Everything that the holder has to be told to build a lab, as plain JSON: drawn by the caller, who knows the user's
files and gives the user's errors; read by the holder, which knows neither topologies nor images.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

from harness.engine.base import Image
from harness.engine.embedded import bundle
from harness.errors import MissingCapability, WrongInput
from harness.topology.model import Link, NodeSpec, Topology

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
PORT = re.compile(r"[^\s/:]{1,15}")
"""What the kernel takes for the name of an interface (IFNAMSIZ is 16 with the closing zero)."""


class NodePart(TypedDict):
    """One node: its image's root, its config.json, first contents of its private files, what its namespace is set to,
    the commands to be run in it after each start."""

    name: str
    role: str
    lower: str
    config: dict[str, Any]
    files: dict[str, str]
    sysctls: dict[str, str]
    ports: list[str]
    exec: list[str]


class EndPart(TypedDict):
    """One end of a link; an empty ``mac`` leaves the address to the kernel."""

    node: str
    port: str
    mac: str


class LinkPart(TypedDict):
    """A veth pair."""

    ends: list[EndPart]
    mtu: int


class Blueprint(TypedDict):
    """A lab. ``inside`` is the directory on which the holder mounts the tmpfs that keeps all of it."""

    lab: str
    inside: str
    nodes: list[NodePart]
    links: list[LinkPart]


def node_folder(inside: Path, node: str) -> Path:
    """Where a node's bundle, overlay, log and private files are, inside the lab."""
    return inside / "nodes" / node


def netns_path(inside: Path, node: str) -> Path:
    """Where a node's network namespace is bound, inside the lab."""
    return inside / "netns" / node


def draw(lab: str, topology: Topology, images: Callable[[str], Image], inside: Path) -> Blueprint:
    """Resolve a topology. Raises ``WrongInput`` or ``MissingCapability`` for what this machine cannot give."""
    known = _images(topology, images)
    nodes = [_node(lab, spec, known[spec.image], topology, inside) for spec in topology.nodes.values()]
    return Blueprint(lab=lab, inside=str(inside), nodes=nodes, links=[_link(link, topology) for link in topology.links])


def _images(topology: Topology, images: Callable[[str], Image]) -> dict[str, Image]:
    """Each image that the file names, found once; for one that is missing the message says which nodes want it."""
    users: dict[str, list[str]] = {}
    for spec in topology.nodes.values():
        users.setdefault(spec.image, []).append(spec.name)
    found: dict[str, Image] = {}
    missing: dict[str, WrongInput] = {}
    for reference in users:
        try:
            found[reference] = images(reference)
        except WrongInput as error:
            if error.key != "image":
                raise
            missing[reference] = error
    for reference, lack in missing.items():
        key = f"topology.nodes.{users[reference][0]}.image"
        line = topology.lines.get(key, topology.lines.get(key.rpartition(".")[0]))
        wanted = "".join(f"\n  {each}: wanted by {', '.join(users[each])}" for each in missing)
        raise WrongInput(lack.what + wanted, where=topology.file, line=line, key=key, hint=lack.hint)
    return found


def _node(lab: str, spec: NodeSpec, image: Image, topology: Topology, inside: Path) -> NodePart:
    key = f"topology.nodes.{spec.name}"
    if not NAME.fullmatch(spec.name):
        raise WrongInput(f"a node cannot be called {spec.name!r}", where=topology.file, key=key)
    for bind in spec.binds:
        if not bind.source.exists():
            raise WrongInput(f"there is no {bind.source} on this machine", where=topology.file, key=f"{key}.binds")
    folder = node_folder(inside, spec.name)
    places = bundle.Places(folder / "root", folder / "etc", netns_path(inside, spec.name))
    ports = topology.ports(spec.name)
    devices = [device(written, f"{key}.devices") for written in spec.devices]
    return NodePart(
        name=spec.name,
        role=spec.role,
        lower=str(image.root),
        config=bundle.config(lab, spec, image, places, devices, len(ports)),
        files=bundle.private_files(spec),
        sysctls=bundle.network_sysctls(spec),
        ports=list(ports),
        exec=list(spec.exec),
    )


def _link(link: Link, topology: Topology) -> LinkPart:
    for end in link.ends:
        if end.node not in topology.nodes:
            raise WrongInput(f"there is no node {end.node}", where=topology.file, key=f"topology.links: {end}")
        if not PORT.fullmatch(end.port):
            raise WrongInput(
                f"an interface cannot be called {end.port!r}",
                where=topology.file,
                key=f"topology.links: {end}",
                hint="at most 15 characters, no blank, slash or colon",
            )
    ends = [EndPart(node=end.node, port=end.port, mac=link.mac.get(end, "")) for end in link.ends]
    return LinkPart(ends=ends, mtu=link.mtu)


def device(written: str, key: str) -> bundle.Device:
    """A device as a topology writes it: ``host[:node[:access]]``, looked up on this machine."""
    host, _, rest = written.partition(":")
    target, _, access = rest.partition(":")
    try:
        found = Path(host).stat()
    except FileNotFoundError:
        raise MissingCapability(host, f"{key} asks for that device") from None
    if not (stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode)):
        raise WrongInput(f"{host} is not a device", key=key)
    return bundle.Device(
        target or host, access or "rwm", found.st_mode, os.major(found.st_rdev), os.minor(found.st_rdev)
    )
