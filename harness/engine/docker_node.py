"""A container as a node: what it is called, whether it runs, what it said last."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from docker.models.containers import Container

from harness.errors import LabFailed
from harness.node import Node, NodeState
from harness.topology.model import ROLE_LABEL

LAB_LABEL, NODE_LABEL, GROUP_LABEL = "containerlab", "clab-node-name", "clab-node-group"
STATES: dict[str, NodeState] = {"running": "running", "paused": "frozen"}
LOG_LINES = 20


def state(container: Container) -> NodeState:
    """Docker has more words for what is not running; the lab has one."""
    return STATES.get(container.status, "stopped")


def as_node(container: Container) -> Node:
    """The node's handle."""
    labels, now = container.labels, state(container)
    role = labels.get(ROLE_LABEL) or labels.get(GROUP_LABEL) or "node"
    return Node(labels[NODE_LABEL], role, now, None if now == "stopped" else container.attrs["State"]["Pid"])


def live_pid(container: Container) -> int:
    """Its first process. Raises ``LabFailed`` where it has none."""
    pid = int(container.attrs["State"]["Pid"])
    if not pid:
        raise LabFailed(f"node {container.labels.get(NODE_LABEL)} is {state(container)}")
    return pid


def log(container: Container, lines: int | Literal["all"] = "all") -> str:
    """What it wrote, or the last lines of that."""
    text: bytes = container.logs(tail=lines)
    return text.decode(errors="replace")


def blank_resolver(container: Container) -> None:
    """Docker gives a node without a network the host's resolver. Blank it, unless the node has written its own: beside
    the file Docker keeps the hash of what it put there."""
    file = Path(container.attrs["ResolvConfPath"])
    with suppress(OSError):
        mark = file.with_name("resolv.conf.hash").read_text().strip()
        if hashlib.sha256(file.read_bytes()).hexdigest() == mark.removeprefix("sha256:"):
            file.write_bytes(b"")


def _died(container: Container) -> bool:
    """Whether it ended by itself; the default restart policy of a linux node hides that by starting it again."""
    return container.status != "running" or container.attrs["RestartCount"] > 0


def require_alive(containers: Sequence[Container], wanted: Collection[str]) -> None:
    """Raise ``LabFailed`` naming those of ``wanted`` that died, or that containerlab could not make and went on."""
    if missing := sorted({*wanted} - {one.labels[NODE_LABEL] for one in containers}):
        raise LabFailed(f"nodes that containerlab did not make: {', '.join(missing)}")
    if dead := [one.labels[NODE_LABEL] for one in containers if _died(one)]:
        raise LabFailed(f"nodes that died at start: {', '.join(dead)}")


def death_notes(containers: Sequence[Container]) -> str:
    """The names, codes and last words of nodes that died."""
    notes = []
    for container in filter(_died, containers):
        end = container.attrs["State"]
        said = (end["Error"] + "\n" + log(container, LOG_LINES)).split("\n")
        words = "\n    ".join(line for line in said if line.strip()) or "(it wrote nothing)"
        notes.append(
            f"  node {container.labels[NODE_LABEL]} died at start (code {end['ExitCode']}); its log:\n    {words}"
        )
    return "\n".join(notes)
