"""A measurement: what was timed, against what, and the ratio that is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: ``value`` and ``allowed`` in ``unit``; ``allowed`` is ``None`` where nothing is required."""

    what: str
    value: float | None
    unit: str
    allowed: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether what is required is met."""
        if self.value is None:
            return "not measured"
        if self.allowed is None:
            return ""
        return "met" if self.value <= self.allowed else "MISSED"


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one subject."""

    title: str
    rows: tuple[Row, ...]

    def markdown(self) -> str:
        """The table as it is printed and kept."""
        lines = [f"### {self.title}", "", "| what | measured | required | | |", "|---|---:|---:|---|---|"]
        for row in self.rows:
            value = "–" if row.value is None else f"{row.value:.2f} {row.unit}".strip()
            allowed = "" if row.allowed is None else f"≤ {row.allowed:g} {row.unit}".strip()
            lines.append(f"| {row.what} | {value} | {allowed} | {row.verdict} | {row.note} |")
        return "\n".join(lines) + "\n"


def spread(seconds: Sequence[float]) -> str:
    """The middle and the ends of a series."""
    return f"{median(seconds):.1f} s ({min(seconds):.1f}–{max(seconds):.1f} s in {len(seconds)} rounds)"
