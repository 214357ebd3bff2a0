"""A failover over and over, as ``v6lab drill`` left it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from harness.language import Text
from harness.report.collect import Found
from harness.report.made.base import Data, Made, texts, title


@dataclass(frozen=True, slots=True)
class Spread:
    """One measure of a drill over its repetitions, in ms; ``None`` among ``values``: it never came about."""

    measure: str
    family: str
    direction: str
    values: tuple[float | None, ...]
    target_ms: float
    met: bool

    @property
    def known(self) -> tuple[float, ...]:
        """Those that came about."""
        return tuple(each for each in self.values if each is not None)

    @property
    def median_ms(self) -> float | None:
        """The middle; ``None`` where it never came about in half of them."""
        middle = median([each if each is not None else float("inf") for each in self.values]) if self.values else None
        return None if middle in (None, float("inf")) else middle

    @property
    def worst_ms(self) -> float | None:
        """The worst; ``None`` where it once never came about."""
        return max(self.known) if self.values and len(self.known) == len(self.values) else None


@dataclass(frozen=True, slots=True)
class Drill(Made):
    """A drill with all its repetitions. ``error``: why there are fewer than were asked for."""

    id: str
    title: Text
    repetitions: int
    spreads: tuple[Spread, ...]
    findings: tuple[str, ...]
    error: str


def drill(found: Found) -> Drill:
    """A result of ``v6lab drill``."""
    data = found.kept.data
    return Drill(
        found,
        str(data["outcome"]),
        str(data["drill"]),
        title(data),
        len(data["repetitions"]),
        tuple(_spread(each, data["measures"]) for each in data["summary"]),
        texts(data["findings"]),
        str(data["error"] or ""),
    )


def _spread(row: Data, repetitions: Sequence[Sequence[Data]]) -> Spread:
    names = ("measure", "family", "direction")
    key = tuple(row[name] for name in names)
    values = [one["ms"] for each in repetitions for one in each if tuple(one[name] for name in names) == key]
    return Spread(
        str(row["measure"]),
        str(row["family"]),
        str(row["direction"]),
        tuple(None if each is None else float(each) for each in values),
        float(row["target_ms"]),
        bool(row["met"]),
    )
