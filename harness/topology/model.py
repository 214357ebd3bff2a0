"""A topology as it is meant: every node with its kind's, group's and the file's defaults merged in.

What was *written* (a containerlab file) is read by ``load``; these types are what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

DEFAULT_MTU = 9500
"""containerlab's veth MTU where a file says nothing."""

ROLE_LABEL = "v6lab-role"
"""The label that says what a node is for (edge, core, resolver, client …)."""


Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth saying about a topology: ``error`` stops a deployment, ``warning`` and ``note`` do not.

    ``key`` is the path in the file (``topology.nodes.edge1.ports``), ``line`` counts from 1, ``hint`` says what to do.
    """

    severity: Severity
    text: str
    file: Path
    line: int | None = None
    key: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else str(self.file)
        message = ": ".join(part for part in (place, self.severity, self.key, self.text) if part)
        return f"{message}\n  → {self.hint}" if self.hint else message


@dataclass(frozen=True, slots=True)
class Bind:
    """A host path seen inside a node."""

    source: Path
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """One node. ``cmd`` and ``entrypoint`` are ``None`` where the image's own are to be used.

    ``capabilities`` are added to Docker's default set, without the CAP_ prefix. ``devices`` are host paths.
    ``network_mode`` is as written; empty means containerlab's management network. ``network_admin``: the file says
    nothing of privileges, which for containerlab means all of them; the embedded engine lets the node do what concerns
    its own network (see ``support.NETWORK_ADMIN``) and write its own ``net.*`` settings.
    """

    name: str
    kind: str = "linux"
    image: str = ""
    group: str = ""
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    binds: tuple[Bind, ...] = ()
    exec: tuple[str, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    hostname: str = ""
    network_mode: str = ""
    network_admin: bool = False

    @property
    def role(self) -> str:
        """The node's role label, or its group where it has none."""
        return self.labels.get(ROLE_LABEL, self.group or "node")


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """One end of a link: the interface ``port`` in node ``node``."""

    node: str
    port: str

    def __str__(self) -> str:
        return f"{self.node}:{self.port}"


@dataclass(frozen=True, slots=True)
class Link:
    """A veth pair. ``mac`` gives an address to an end whose file asks for one; ``key`` is the link's path in the file."""

    a: Endpoint
    b: Endpoint
    mtu: int = DEFAULT_MTU
    mac: Mapping[Endpoint, str] = field(default_factory=dict, hash=False)
    key: str = field(default="", compare=False)

    @property
    def ends(self) -> tuple[Endpoint, Endpoint]:
        """Both ends."""
        return self.a, self.b

    def other(self, end: Endpoint) -> Endpoint:
        """The end that is not ``end``."""
        return self.b if end == self.a else self.a


@dataclass(frozen=True, slots=True)
class Topology:
    """A containerlab file, resolved. ``file`` is where it came from, ``variables`` the environment it was read with.

    ``prefix`` is what containerlab puts before the names of containers. ``lines`` gives the line of each key path of
    the file. ``unsupported`` is what the file asks for and the embedded engine does not give: errors are to be refused,
    notes only tell; links of other types than veth are found nowhere else.
    """

    name: str
    file: Path
    nodes: Mapping[str, NodeSpec]
    links: tuple[Link, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    prefix: str = "clab"
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    unsupported: tuple[Finding, ...] = ()

    def ports(self, node: str) -> tuple[str, ...]:
        """The names of ``node``'s interfaces, in the order of the file's links."""
        return tuple(end.port for link in self.links for end in link.ends if end.node == node)

    def peer(self, end: Endpoint) -> Endpoint:
        """The other end of the link at ``end``; ``KeyError`` where there is none."""
        for link in self.links:
            if end in link.ends:
                return link.other(end)
        raise KeyError(str(end))
