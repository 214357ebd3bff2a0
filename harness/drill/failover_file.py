"""A drill in which something breaks and flows move: as it is written, and what it comes to in a lab."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from harness.drill import summary
from harness.drill.breaking import Breaking, read_breaking, together
from harness.drill.failover import Drill, Notice, Scenario, run
from harness.drill.flows import Place, planned
from harness.drill.kinds import Measure
from harness.history.history import History
from harness.lab.lab import Lab
from harness.plan.model import FAMILIES, Family, Plan
from harness.plan.section import Section
from harness.probe.adjacency_watch import Protocol
from harness.verdict import outage

KEYS = ("id", "vi", "en", "expect", "from", "break", "families", "crosses", "leaves_to", "directions", "flows", "notice", "targets", "source")  # fmt: skip
PROTOCOLS: Mapping[str, Protocol] = {"bfd": "bfd", "bgp": "bgp", "ospf": "ospf"}
DIRECTIONS: Mapping[str, bool] = {"outbound": True, "inbound": False}
Pair = tuple[tuple[str, ...], tuple[str, ...]]
"""Hosts, and those that each of them sends packets to."""
TARGETS = ("outage_ms", "detection_s", "failback_ms")
REMOTE = "remote_detection_s"
"""Where given: when all but the first router under ``notice`` must have noticed; only the first can see it itself."""


@dataclass(frozen=True, slots=True)
class FailoverFile:
    """A drill as it is written. ``since`` is the first stage it makes sense at; ``targets`` name thresholds."""

    id: str
    vi: str
    en: str
    expect: str
    since: str
    breaks: tuple[Breaking, ...]
    families: tuple[Family, ...]
    crosses: tuple[Place, ...]
    leaves_to: tuple[Place, ...]
    directions: tuple[bool, ...]
    flows: tuple[Pair, ...]
    notice: tuple[tuple[str, Protocol], ...]
    targets: Mapping[str, str]
    source: str

    def require(self, lab: Lab, plan: Plan) -> None:
        """Raises ``WrongInput`` where the lab lacks a node or a link that the file names."""
        self.scenario(lab, plan)

    def once(self, lab: Lab, plan: Plan, history: History) -> Failover:
        """Break it and mend it again. Raises ``CannotMeasure`` where it would prove nothing."""
        return Failover(run(lab, history, self.scenario(lab, plan)))

    def target_ms(self, measure: str, targets: Mapping[str, float]) -> float:
        """See ``summary.target_ms``; only the first router under ``notice`` can see the failure itself."""
        remote = tuple(dict.fromkeys(router for router, _ in self.notice))[1:]
        return summary.target_ms(measure, self.targets, targets, remote)

    def scenario(self, lab: Lab, plan: Plan) -> Scenario:
        """What it comes to in a lab."""
        fault = together(lab, self.breaks)
        chosen, broken = planned(lab, plan, self.flows, self.families)
        notice: tuple[Notice, ...] = tuple((*each, family) for each in self.notice for family in broken)
        return Scenario(
            str(fault),
            fault,
            chosen,
            broken,
            self.directions,
            self.crosses,
            self.leaves_to,
            notice=notice,
            renews=any(each.renews for each in self.breaks),
            forwards=any(each.kind == "frozen" for each in self.breaks),
        )


@dataclass(frozen=True, slots=True)
class Failover:
    """What one failover came to, as a repetition of a drill."""

    done: Drill

    def measures(self) -> dict[Measure, float | None]:
        """See ``summary.measured``."""
        return summary.measured(self.done)

    def missing(self) -> tuple[str, ...]:
        """The ways that have not come back."""
        return tuple(f"{way} has not returned" for way in self.done.not_back)

    def short(self) -> str:
        """How long each family was out."""
        out = self.done.out
        worst = {family: outage.worst([out], family) for family in sorted({way.family for way in out.ways})}
        return f"{len(out.ways)} ways crossed, out for " + ", ".join(f"IPv{each} {ms:.0f} ms" for each, ms in worst.items())  # fmt: skip

    def as_data(self) -> dict[str, Any]:
        """See ``summary.as_data``."""
        return summary.as_data(self.done)


def read(root: Section, stages: Collection[str], targets: Collection[str]) -> FailoverFile:
    """One drill of this kind; ``stages`` and ``targets`` are those that there are. Raises ``WrongInput``."""
    root.only(KEYS)
    return FailoverFile(
        id=root.text("id"),
        vi=root.text("vi"),
        en=root.text("en"),
        expect=root.text("expect"),
        since=root.child("from").one_of(stages, "stage"),
        breaks=tuple(read_breaking(each) for each in root.filled("break")),
        families=families(root),
        crosses=places(root, "crosses"),
        leaves_to=places(root, "leaves_to"),
        directions=tuple(DIRECTIONS[each.one_of(DIRECTIONS, "direction")] for each in root.filled("directions")),
        flows=pairs(root),
        notice=tuple(
            (router, PROTOCOLS[each.one_of(PROTOCOLS, "protocol")])
            for router, _ in root.child("notice").children()
            for each in root.child("notice").list(router)
        ),
        targets=_targets(root.child("targets"), targets),
        source=root.text("source"),
    )


def families(root: Section) -> tuple[Family, ...]:
    """The families under ``families``, in order."""
    found = {each.as_int() for each in root.filled("families")}
    if not found <= set(FAMILIES):
        raise root.child("families").wrong("there are families 4 and 6 only", "write [4, 6], [4] or [6]")
    return tuple(each for each in FAMILIES if each in found)


def places(root: Section, key: str) -> tuple[Place, ...]:
    """The interfaces under ``key``."""
    return tuple(_place(each) for each in root.filled(key))


def pairs(root: Section) -> tuple[Pair, ...]:
    """The hosts under ``flows`` between which packets go."""
    return tuple(_pair(each) for each in root.filled("flows"))


def _texts(section: Section, key: str) -> tuple[str, ...]:
    return tuple(each.as_text() for each in section.filled(key))


def _place(section: Section) -> Place:
    node, colon, port = section.as_text().partition(":")
    if not (node and colon and port):
        raise section.wrong(f"{section.as_text()!r} is no interface", "write NODE:INTERFACE")
    return node, port


def _pair(section: Section) -> Pair:
    section.only(("between", "and"))
    return _texts(section, "between"), _texts(section, "and")


def _targets(section: Section, targets: Collection[str]) -> dict[str, str]:
    section.only((*TARGETS, REMOTE))
    wanted = (*TARGETS, REMOTE) if REMOTE in section else TARGETS
    return {key: section.child(key).one_of(targets, "target") for key in wanted}
