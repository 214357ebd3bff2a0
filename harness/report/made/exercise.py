"""A grading of an exercise, as ``v6lab exercise check`` left it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.language import Text
from harness.report.checked import Point, points
from harness.report.collect import Found
from harness.report.made.base import Made, texts, title


@dataclass(frozen=True, slots=True)
class Exercise(Made):
    """A grading of an exercise. ``means``: check → what its red means to users."""

    id: str
    title: Text
    goal: Text
    trainee: str
    points: int
    minutes: float
    allowed: int
    hints: int
    green: tuple[str, ...]
    red: tuple[str, ...]
    dark: tuple[str, ...]
    broken: tuple[str, ...]
    refused: tuple[str, ...]
    counts: bool
    means: Mapping[str, Text]
    verdicts: tuple[Point, ...]


def exercise(found: Found) -> Exercise:
    """A grading of ``v6lab exercise check``."""
    data = found.kept.data
    return Exercise(
        found,
        str(data["outcome"]),
        str(data["id"]),
        title(data),
        title(data["goal"]),
        str(data["trainee"]),
        int(data["points"]),
        float(data["spent_minutes"]),
        int(data["minutes"]),
        int(data["hints"]),
        texts(data["green"]),
        texts(data["red"]),
        texts(data["not_measured"]),
        texts(data["broken"]),
        texts(data["refused"]),
        bool(data["counts"]),
        {check: title(each) for check, each in data["means"].items()},
        tuple(points(data["verdicts"])),
    )
