"""What the page is told: one class for each kind of news. Instants are CLOCK_MONOTONIC seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from harness.history.event import Event
from harness.history.seen import Family
from harness.node import NodeState
from harness.probe.adjacency_watch import Protocol
from harness.verdict.verdict import Outcome
from harness.watch.strip import Passage

Port: TypeAlias = tuple[str, str]
"""A node and its interface."""
FlowName: TypeAlias = tuple[str, Family]
"""A flow in words, and its family."""
Phase = Literal["preparing", "running", "broken", "mended", "ended"]


@dataclass(frozen=True, slots=True)
class Row:
    """A measure of a drill that has ended, in ms; negative: it never came about."""

    measure: str
    family: str
    direction: str
    worst_ms: float
    target_ms: float
    met: bool


@dataclass(frozen=True, slots=True)
class Attached:
    """The lab is up, was there before or came back: its links by their id in the drawing, its nodes."""

    at: float
    lab: str
    engine: str
    links: Mapping[str, tuple[Port, Port]]
    nodes: Mapping[str, NodeState]


@dataclass(frozen=True, slots=True)
class Gone:
    """The lab is down."""

    at: float
    why: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where the lab stands, as its record says: ``starting``, ``at`` a stage or ``between``, with the cause."""

    at: float
    stage: str
    state: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class NodesSeen:
    """How all nodes are."""

    at: float
    nodes: Mapping[str, NodeState]


@dataclass(frozen=True, slots=True)
class PortSeen:
    """Whether an interface is up and has its carrier."""

    at: float
    port: Port
    up: bool


@dataclass(frozen=True, slots=True)
class SessionsSeen:
    """The sessions of one router in one protocol, (family, peer) → whether each is up.

    ``whole``: those that are down are named too; else who was up and is not named is down.
    """

    at: float
    router: str
    protocol: Protocol
    families: tuple[Family, ...]
    sessions: Mapping[tuple[Family, str], bool]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class FlowsChosen:
    """The main flows of the stage."""

    at: float
    flows: tuple[FlowName, ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """Turns of flows: (flow, since when, how it goes)."""

    at: float
    turns: tuple[tuple[FlowName, float, Passage], ...]


@dataclass(frozen=True, slots=True)
class Logged:
    """An event of the history; ``past`` if it was written before anybody looked."""

    event: Event
    past: bool = False


@dataclass(frozen=True, slots=True)
class VerdictsSeen:
    """The latest verdicts: check → its outcome over all points, and when they were written (ISO 8601)."""

    at: float
    written: str
    outcomes: Mapping[str, Outcome]
    findings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DrillBegun:
    """A drill has been started from this page. One that is started elsewhere shows in the lab's record."""

    at: float
    id: str


@dataclass(frozen=True, slots=True)
class DrillEnded:
    """The drill that this page started has ended: ``outcome``, the measures, and why if it measured nothing."""

    at: float
    outcome: str
    rows: tuple[Row, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time goes on, and everything is as it was said last."""

    at: float


News: TypeAlias = (
    Attached
    | Gone
    | Recorded
    | NodesSeen
    | PortSeen
    | SessionsSeen
    | FlowsChosen
    | Passed
    | Logged
    | VerdictsSeen
    | DrillBegun
    | DrillEnded
    | Ticked
)
