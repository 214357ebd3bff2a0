"""What an engine is: the one seam between the lab and whatever runs its nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from harness.node import Node
from harness.topology.model import Topology

Progress = Callable[[str], None]
"""Hears one line for each phase of a deployment, as it begins."""

StopHow = Literal["kill", "freeze"]
"""``kill`` ends all processes of a node at once and takes its carriers away; ``freeze`` stops them from running
while the kernel goes on forwarding (a control plane that hangs)."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that ran in a node and ended. A code other than 0 is an answer, not an error."""

    argv: tuple[str, ...]
    code: int
    out: str
    err: str


class Engine(Protocol):
    """Turns a topology into running nodes.

    A lab is known by its name alone: any process may ask for it again. An engine writes no history and knows no
    stage. Errors: ``WrongInput`` for what the file or the machine cannot give (named), ``LabFailed`` for the rest;
    a deployment that fails or is interrupted leaves nothing behind.
    """

    name: str

    def deploy(self, lab: str, topology: Topology, progress: Progress) -> None:
        """Start every node and wire every link. Raises ``LabFailed`` with the log of a node that died at start."""
        ...

    def destroy(self, lab: str) -> None:
        """Take the lab away, whatever state it is in. Destroying what is not there is not an error."""
        ...

    def nodes(self, lab: str) -> Mapping[str, Node]:
        """All nodes of a lab by name, also the stopped ones. Raises ``LabFailed`` if no such lab is up."""
        ...

    def exec(self, lab: str, node: str, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0) -> Completed:
        """Run a command inside a node with the node's own capabilities. Raises ``CannotMeasure`` if it cannot be
        run at all or does not end in ``timeout`` seconds."""
        ...

    def push(self, lab: str, node: str, files: Mapping[str, bytes | None]) -> None:
        """Write files (absolute paths in the node; parents are made; ``None`` removes)."""
        ...

    def stop(self, lab: str, node: str, how: StopHow = "kill") -> None:
        """Stop one node; its links stay known and its neighbours lose their carrier when it is killed."""
        ...

    def start(self, lab: str, node: str) -> None:
        """Start a killed node afresh on its old links, or let a frozen one go on."""
        ...

    def leftovers(self, lab: str) -> tuple[str, ...]:
        """What of a lab is still on this machine (processes, namespaces, mounts, cgroups, containers, files)."""
        ...


@dataclass(frozen=True, slots=True)
class Image:
    """An unpacked node image: its root directory, its default command and the hash of its recipe.

    ``cmd`` is what follows the entrypoint where a topology gives neither; ``directory`` is where it starts.
    """

    root: Path
    entrypoint: tuple[str, ...]
    env: Mapping[str, str]
    digest: str
    cmd: tuple[str, ...] = ()
    directory: str = "/"
