"""What is drawn: zones, LANs, nodes and links, each with the life of both families at a stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.plan.model import Family
from harness.report.drawing.words import Words

Life = Literal["on", "new", "gone", "later", "off"]
"""On at the stage and before; new at it; gone at it; to come at a later one; off, and no later stage brings it."""

Kind = Literal["router", "firewall", "switch", "translator", "server", "client", "handset"]
Condition = Literal["good", "bad", "unknown"]


@dataclass(frozen=True, slots=True)
class FamilyState:
    """A family somewhere. ``stage`` is the short name of the stage that brings it, where it is to come later."""

    family: Family
    life: Life
    stage: str = ""

    @property
    def here(self) -> bool:
        """Whether the family is on at the stage."""
        return self.life in ("on", "new")

    @property
    def changed(self) -> bool:
        """Whether the stage differs from the one it is compared with."""
        return self.life in ("new", "gone")

    @property
    def label(self) -> str:
        """What the drawing writes: ``6``, ``+6``, ``−6``, ``6▸32`` (from stage 32 on), or nothing."""
        forms: Mapping[Life, str] = {"on": "{}", "new": "+{}", "gone": "−{}", "later": "{}▸{}", "off": ""}
        return forms[self.life].format(self.family, self.stage)


Families = tuple[FamilyState, ...]
"""IPv4 and IPv6, in this order."""


def here(families: Families) -> tuple[Family, ...]:
    """The families that are on at the stage."""
    return tuple(each.family for each in families if each.here)


def changes(families: Families) -> tuple[FamilyState, ...]:
    """The families that came or went."""
    return tuple(each for each in families if each.changed)


def nothing(families: Families) -> bool:
    """Whether there is neither family, nor is one to come."""
    return not any(each.here or each.life == "later" for each in families)


@dataclass(frozen=True, slots=True)
class Zone:
    """A box around nodes: the Internet, an ISP, the data centre, the TSLCD, an agency. ``own`` is the province's."""

    id: str
    title: str
    own: bool


@dataclass(frozen=True, slots=True)
class Subnet:
    """A LAN behind a switch: a box of its own inside its zone."""

    id: str
    name: str
    title: str
    zone: str
    families: Families


@dataclass(frozen=True, slots=True)
class Node:
    """A node. ``zone`` and ``subnet`` are ids of boxes; ``column`` orders nodes from left to right."""

    id: str
    name: str
    kind: Kind
    role: str
    column: tuple[int, int]
    families: Families
    zone: str | None = None
    subnet: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link; ``a`` and ``b`` are ids of nodes, ``a`` to the left, ``ends`` the two ``node:port``.

    ``label`` is written on it (a LAN's port towards the switch). ``level`` says that neither end is.
    ``spoken`` says that there is room for a label; a host's link has none, its state stands in the host.
    """

    id: str
    a: str
    b: str
    ends: tuple[str, str]
    families: Families
    label: str = ""
    level: bool = False
    spoken: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a node or a link from elsewhere, a check's verdict for instance; ``text`` says why."""

    condition: Condition
    text: str = ""


States = Mapping[str, State]
"""Id of a node or link → its state; what is not in it is drawn as the plan has it."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that a format needs. ``against`` is the stage that changes are marked against, ``words`` the language
    of the drawing's own words."""

    title: str
    subtitle: str
    against: str | None
    words: Words
    zones: tuple[Zone, ...]
    subnets: tuple[Subnet, ...]
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]

    def families(self) -> Iterator[Families]:
        """Those of everything that is drawn."""
        for things in (self.subnets, self.links, self.nodes):
            yield from (each.families for each in things)

    def changed(self) -> bool:
        """Whether anything came or went."""
        return any(map(changes, self.families()))

    def coming(self) -> FamilyState | None:
        """The first family that is to come, IPv6 before IPv4: an example for the legend."""
        later = [each for both in self.families() for each in both if each.life == "later"]
        return max(later, key=lambda each: each.family, default=None)

    def in_box(self, zone: str | None, subnet: str | None = None) -> tuple[Node, ...]:
        """The nodes of a zone (``None``: of none) that are directly in it, or in one of its LANs."""
        return tuple(node for node in self.nodes if (node.zone, node.subnet) == (zone, subnet))


def node_id(name: str) -> str:
    """The id of a node: the same in every drawing of every stage."""
    return f"node-{name}"


def link_id(ends: Iterable[tuple[str, str]]) -> str:
    """The id of the link between two (node, port): the same in every drawing, whichever end is named first."""
    return "link-" + "--".join(sorted(f"{node}.{port}" for node, port in ends))
