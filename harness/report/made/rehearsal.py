"""A walk through the stages and back, as ``v6lab rehearse`` left it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.collect import Found
from harness.report.made.base import Data, Made, texts
from harness.report.made.gate import lost


@dataclass(frozen=True, slots=True)
class Way:
    """One direction of one flow through a step: packets, and the longest run of losses with its beginning."""

    flow: str
    family: int
    direction: str
    sent: int
    lost: int
    ms: float
    at_s: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a rehearsal. ``equal``: whether the way back ended where it began; ``None`` on the way there."""

    old: str
    new: str
    outcome: str
    seconds: float
    actions: tuple[tuple[str, float], ...]
    ways: tuple[Way, ...]
    journeys: int
    lost: tuple[str, ...]
    unmade: int
    unproven: tuple[str, ...]
    flapped: tuple[str, ...]
    unserved: tuple[str, ...]
    looks: int
    blind: int
    equal: bool | None
    left: tuple[str, ...]
    findings: tuple[str, ...]

    def worst_ms(self, family: int) -> float | None:
        """The longest outage of any way of a family; ``None`` where none was measured."""
        return max((each.ms for each in self.ways if each.family == family), default=None)

    def packets(self, family: int) -> tuple[int, int]:
        """How many were lost of how many sent."""
        mine = [each for each in self.ways if each.family == family]
        return sum(each.lost for each in mine), sum(each.sent for each in mine)


@dataclass(frozen=True, slots=True)
class Rehearsal(Made):
    """A walk through the stages and back. ``stopped``: why it turned early; ``error``: why it was broken off."""

    start: str
    end: str
    seconds: float
    gap_ms: float
    lost_percent: float
    steps: tuple[Step, ...]
    stopped: tuple[str, ...]
    error: str


def rehearsal(found: Found) -> Rehearsal:
    """A result of ``v6lab rehearse``."""
    data = found.kept.data
    return Rehearsal(
        found,
        str(data["outcome"]),
        str(data["from"]),
        str(data["to"]),
        float(data["seconds"]),
        float(data["limits"]["gap_ms"]),
        float(data["limits"]["lost_percent"]),
        tuple(map(_step, data["steps"])),
        texts(data["turned_back"]),
        str(data["error"] or ""),
    )


def _step(data: Data) -> Step:
    journeys = data["journeys"]
    return Step(
        str(data["from"]),
        str(data["to"]),
        str(data["outcome"]),
        float(data["converged_s"]),
        tuple((str(each["name"]), float(each["at_s"])) for each in data["sub_actions"]),
        tuple(map(_way, data["convergence"])),
        int(journeys["made"]),
        tuple(dict.fromkeys(lost(each) for each in journeys["lost"])),
        len(journeys["not_measured"]),
        texts(data["not_proven"]),
        texts(data["sessions_flapped"]),
        texts(data["published_unserved"]),
        int(data["looks_at_names"]),
        int(data["looks_without_answer"]),
        data["rolled_back_to_equal"],
        texts(data["not_as_before"]),
        texts(data["findings"]),
    )


def _way(data: Data) -> Way:
    at = data.get("loss_at_s")
    return Way(
        str(data["flow"]),
        int(data["family"]),
        str(data["direction"]),
        int(data["sent"]),
        int(data["lost"]),
        float(data["loss_ms"]),
        None if at is None else float(at),
    )
