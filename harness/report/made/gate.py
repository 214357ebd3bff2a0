"""A change that was judged before production, as ``v6lab verify`` left it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.checked import Point, points
from harness.report.collect import Found
from harness.report.made.base import Data, Made, texts


@dataclass(frozen=True, slots=True)
class Gate(Made):
    """A change that was judged before production."""

    candidate: str
    cause: str
    where: tuple[str, ...]
    changed: tuple[str, ...]
    not_converged: tuple[str, ...]
    verdicts: tuple[Point, ...]
    red: tuple[str, ...]
    dark: tuple[str, ...]
    lost: tuple[str, ...]
    lost_why: tuple[str, ...]
    unmade: tuple[str, ...]
    already: tuple[str, ...]
    made: int
    left: str
    seconds: float
    undone_s: float

    @property
    def laid(self) -> bool:
        """Whether the change was on the lab at all."""
        return bool(self.verdicts or self.not_converged)


def gate(found: Found) -> Gate:
    """A result of ``v6lab verify``."""
    data = found.kept.data
    gone = [each for each in data["journeys"] if each["fate"] == "lost"]
    return Gate(
        found,
        str(data["outcome"]),
        str(data["candidate"]),
        str(data["cause"]),
        texts(data["where"]),
        tuple(f"{each['node']}:{each['path']}" for each in data["changed"]),
        texts(data["did_not_converge"]),
        tuple(points(data["verdicts"])),
        texts(data["red"]),
        texts(data["not_measured"]),
        texts(data["journeys_lost"]),
        tuple(lost(each) for each in gone),
        texts(data["journeys_not_measured"]),
        texts(data["red_without_it"]),
        int(data["journeys_made"]),
        str(data["not_as_before"] or data["trouble"] or data["refused"]),
        float(data["verdict_s"]),
        float(data["undone_s"]),
    )


def lost(each: Data) -> str:
    """A journey that was lost, where and why."""
    return f"{each['journey']} from {each['host']} ({each['manner']}) at {each['step']}: {each['why']}"
