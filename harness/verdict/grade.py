"""The grade of an exercise: from what the checks say, what was left alone, the time and the hints. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from harness.verdict.verdict import Outcome

FULL = 100
HINT_COST = 10
"""Points for each hint that was asked for."""
LATE_COST, LATE_MOST = 1, 30
"""Points for each minute begun after the time is up, and at most: whoever mends it late has mended it."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a trainee has used up so far. ``allowed`` and ``minutes`` are the time given and taken, in minutes."""

    minutes: float
    allowed: int
    hints: int

    @property
    def cost(self) -> int:
        """Points that are lost by it."""
        late = max(0, ceil(self.minutes - self.allowed))
        return self.hints * HINT_COST + min(LATE_MOST, late * LATE_COST)


@dataclass(frozen=True, slots=True)
class Grade:
    """What an answer is worth. ``refused`` says why it does not count at all; ``broken`` are checks that were green at
    the start and no longer are, ``dark`` those of them that can no longer be measured; ``cost`` are the points lost by
    hints and time."""

    green: tuple[str, ...] = ()
    red: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    dark: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    cost: int = 0

    @property
    def points(self) -> int:
        """0 to 100: an equal share for each goal, less the cost. Nothing is earned by what breaks something else, or
        hides it."""
        if self.refused or self.broken or self.dark or not self.green:
            return 0
        goals = len(self.green) + len(self.red) + len(self.unmeasured)
        return max(0, FULL * len(self.green) // goals - self.cost)

    @property
    def outcome(self) -> Outcome:
        """``pass`` if the goal is reached; ``error`` if only what could not be measured is in the way of it."""
        if self.refused or self.red or self.broken:
            return "fail"
        return "error" if self.unmeasured or self.dark or not self.green else "pass"

    def as_data(self) -> dict[str, Any]:
        """As it stands in the JSON."""
        return {
            "outcome": self.outcome,
            "points": self.points,
            "green": list(self.green),
            "red": list(self.red),
            "not_measured": [*self.unmeasured, *self.dark],
            "broken": list(self.broken),
            "refused": list(self.refused),
            "cost": self.cost,
        }


def grade(
    outcomes: Mapping[str, Outcome],
    goals: Collection[str],
    stays_green: Collection[str],
    refused: Sequence[str],
    spent: Spent,
) -> Grade:
    """The grade of an answer: ``outcomes`` of all checks by id; one that was not asked was not measured."""

    def said(checks: Collection[str], *words: str) -> tuple[str, ...]:
        return tuple(each for each in checks if outcomes.get(each, "error") in words)

    return Grade(
        green=said(goals, "pass"),
        red=said(goals, "fail"),
        unmeasured=said(goals, "error", "skip"),
        broken=said(stays_green, "fail"),
        dark=said(stays_green, "error", "skip"),
        refused=tuple(refused),
        cost=spent.cost,
    )
