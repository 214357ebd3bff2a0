"""From what arrived of a flow to its gaps: pure arithmetic on one byte a packet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.history.seen import Family

THERE, BACK, SENT_BACK = 1, 2, 4
"""Bits of a number's byte: the packet to the target arrived there; the one from it arrived at the source; it was sent."""

TICK = 0.001
"""The sending process wakes so often; an interval is a whole number of these."""
LATE_STEP, LATE_STEPS = 1e-5, 10_001
"""Lateness is counted in steps of ten microseconds up to a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of lost packets: ``began`` when the first of them was sent, ``ended`` when the next that arrived was
    (CLOCK_MONOTONIC seconds; the time of the last packet if none did). ``lost`` × interval = ``ms``."""

    began: float
    ended: float
    lost: int
    ms: float


@dataclass(frozen=True, slots=True)
class Direction:
    """One way of a flow. ``gaps`` are in order of time; the target sends back from the first packet on that reached it."""

    sent: int
    received: int
    gaps: tuple[Gap, ...]

    @property
    def longest(self) -> Gap | None:
        """The longest gap, the first of equals; ``None`` if nothing was lost."""
        return max(self.gaps, key=lambda gap: gap.lost, default=None)

    @property
    def gap_ms(self) -> float:
        """The length of the longest gap, 0 if nothing was lost."""
        return self.longest.ms if self.longest else 0.0


@dataclass(frozen=True, slots=True)
class FlowResult:
    """A flow's two directions. ``unsent`` packets the source's own kernel refused; they are lost *there*."""

    name: str
    source: str
    target: str
    family: Family
    there: Direction
    back: Direction
    unsent: int = 0


@dataclass(frozen=True, slots=True)
class Jitter:
    """How late the probe itself was in sending, in ms: what it cannot tell from an outage of that length."""

    p50_ms: float
    p99_ms: float
    max_ms: float
    realtime: bool


def direction(states: Sequence[int], bit: int, first: float, interval: float) -> Direction:
    """The direction ``bit`` of a flow whose packets *n* were due at ``first`` + *n* × ``interval`` and fared as
    ``states[n]`` says."""
    counted = [index for index, state in enumerate(states) if bit == THERE or state & SENT_BACK]
    gaps: list[Gap] = []
    run: list[int] = []
    for index in counted:
        if not states[index] & bit:
            run.append(index)
        elif run:
            gaps.append(_gap(run, index, first, interval))
            run = []
    if run:
        gaps.append(_gap(run, run[-1], first, interval))
    received = sum(1 for index in counted if states[index] & bit)
    return Direction(len(counted), received, tuple(gaps))


def _gap(run: Sequence[int], end: int, first: float, interval: float) -> Gap:
    lost = len(run)
    return Gap(first + run[0] * interval, first + end * interval, lost, round(lost * interval * 1000, 3))


def jitter(late: Sequence[int], realtime: bool) -> Jitter:
    """From how many packets were late by each number of steps."""
    return Jitter(_quantile(late, 0.5), _quantile(late, 0.99), _quantile(late, 1.0), realtime)


def _quantile(late: Sequence[int], share: float) -> float:
    """The lateness in ms that ``share`` of the packets did not exceed; the last step stands for all above it."""
    wanted, counted = share * sum(late), 0
    for step, count in enumerate(late):
        counted += count
        if count and counted >= wanted:
            return round((step + 1) * LATE_STEP * 1000, 3)
    return 0.0


def as_data(result: FlowResult) -> Mapping[str, Any]:
    """A flow's result for the history: the longest gap of each way, and how many there were."""
    ways = {"there": result.there, "back": result.back}
    return {
        name: {
            "sent": way.sent,
            "received": way.received,
            "gap_ms": way.gap_ms,
            "gap_began": way.longest.began if way.longest else None,
            "gap_ended": way.longest.ended if way.longest else None,
            "gaps": len(way.gaps),
        }
        for name, way in ways.items()
    } | {"unsent": result.unsent}
