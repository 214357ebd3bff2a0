"""All that the page shows, as one value that never changes: each piece of news makes another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from harness.history.seen import Family
from harness.node import NodeState
from harness.verdict.verdict import Outcome
from harness.watch.seen import FlowName, Phase, Port, Row
from harness.watch.strip import Strip

Health = Literal["good", "bad", "changing", "down"]
SessionKey = tuple[str, str, Family, str]
"""Router, protocol, family, peer."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The lab: whether it is up, and where it stands."""

    name: str
    up: bool = False
    engine: str = ""
    stage: str = ""
    state: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list of events: ``kind`` and ``what`` as they are said, ``wall`` in UTC."""

    number: int
    wall: str
    kind: str
    node: str
    what: str


@dataclass(frozen=True, slots=True)
class DrillState:
    """The drill in progress, or the last one; ``ours``: this page started it and may stop it.

    ``begun`` and ``ended`` bound the stopwatch, ``broke`` and ``mended`` what was broken; 0.0: not yet.
    """

    id: str
    phase: Phase
    ours: bool
    begun: float
    broke: float = 0.0
    mended: float = 0.0
    ended: float = 0.0
    outcome: str = ""
    rows: tuple[Row, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The latest verdicts: check → outcome, and the first finding of each that is not green."""

    written: str = ""
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    findings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """Everything. ``faults`` are the breakages in force, in words; ``ends`` are the links' two interfaces."""

    lab: Standing
    clock: float = 0.0
    nodes: Mapping[str, NodeState] = field(default_factory=dict)
    ends: Mapping[str, tuple[Port, Port]] = field(default_factory=dict)
    ports: Mapping[Port, bool] = field(default_factory=dict)
    sessions: Mapping[SessionKey, bool] = field(default_factory=dict)
    flows: Mapping[FlowName, Strip] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    events: tuple[Entry, ...] = ()
    verdicts: Verdicts = field(default_factory=Verdicts)
    drill: DrillState | None = None

    @property
    def down_links(self) -> tuple[str, ...]:
        """Links of which an end is down; of one that nobody has looked at yet nothing is known."""
        return tuple(link for link, ends in self.ends.items() if not all(self.ports.get(end, True) for end in ends))

    @property
    def broken_links(self) -> tuple[str, ...]:
        """Links that a fault in force names by both ends."""
        return tuple(link for link, ends in self.ends.items() if any(_names(fault, ends) for fault in self.faults))

    @property
    def broken_nodes(self) -> tuple[str, ...]:
        """Nodes that a fault in force names, unless it is one of a link."""
        whole = [fault for fault in self.faults if not any(_names(fault, ends) for ends in self.ends.values())]
        words = {word.strip(",:;()") for fault in whole for word in fault.split()}
        return tuple(node for node in self.nodes if node in words)

    @property
    def health(self) -> Health:
        """The one word on the wall: red is what is lost now, not what was."""
        if not self.lab.up:
            return "down"
        lost = any(strip.now == "lost" for strip in self.flows.values())
        dead = any(state != "running" for state in self.nodes.values())
        if lost or dead or self.faults or self.down_links or not all(self.sessions.values()):
            return "bad"
        return "good" if self.lab.state == "at" else "changing"


def _names(fault: str, ends: tuple[Port, Port]) -> bool:
    said = {word.strip(",;()") for word in fault.split()}
    return all(":".join(end) in said for end in ends)


def as_data(state: State) -> dict[str, Any]:
    """The state as it is sent: members by name, so that a patch of it is small, and no null."""
    down, broken, hurt = state.down_links, state.broken_links, state.broken_nodes
    return {
        "clock": round(state.clock, 3),
        "health": state.health,
        "lab": {name: getattr(state.lab, name) for name in ("name", "up", "engine", "stage", "state", "cause")},
        "nodes": {name: "broken" if name in hurt and how == "running" else how for name, how in state.nodes.items()},
        "links": {link: "down" if link in down else "broken" if link in broken else "up" for link in state.ends},
        "flows": {f"{name}|{family}": strip.as_data() for (name, family), strip in state.flows.items()},
        "sessions": {"|".join(map(str, key)): up for key, up in state.sessions.items()},
        "faults": list(state.faults),
        "events": {
            str(each.number): {"wall": each.wall, "kind": each.kind, "node": each.node, "what": each.what}
            for each in state.events
        },
        "verdicts": {
            "written": state.verdicts.written,
            "outcomes": dict(state.verdicts.outcomes),
            "findings": dict(state.verdicts.findings),
        },
        "drill": _drill(state.drill) if state.drill else {},
    }


def _drill(drill: DrillState) -> dict[str, Any]:
    times = {name: round(getattr(drill, name), 3) for name in ("begun", "broke", "mended", "ended")}
    words = {name: getattr(drill, name) for name in ("id", "phase", "ours", "outcome", "why")}
    return {**words, **times, "rows": [asdict(row) for row in drill.rows]}
