"""Judges of a service as one person goes through it: each step works, and what was kept is what was handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.verdict.verdict import Finding

ABSENT = "nothing"


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a visit: ``status`` is the HTTP status that came, ``None`` where none did, and ``said`` then what
    came instead."""

    what: str
    status: int | None
    said: str = ""
    event: str = ""


def went_through(where: str, steps: Sequence[tuple[Step, int]]) -> tuple[Finding, ...]:
    """Every step got the status that it should. The first that did not is told: what follows hangs on it."""
    for step, wanted in steps:
        if step.status != wanted:
            got = str(step.status) if step.status is not None else step.said or ABSENT
            return (Finding(f"{where}: {step.what}", got, str(wanted), step.event),)
    return ()


def says(where: str, receipt: Mapping[str, Any], wanted: Mapping[str, Any], event: str = "") -> tuple[Finding, ...]:
    """A receipt has each of the values that are known to be true."""
    return tuple(
        Finding(where, f"{key} is {receipt.get(key, ABSENT)}", str(value), event)
        for key, value in wanted.items()
        if receipt.get(key) != value
    )


def found_again(where: str, numbers: Sequence[Any], number: Any, event: str = "") -> tuple[Finding, ...]:
    """The application of this visit is among those that the service shows to its owner."""
    if number in numbers:
        return ()
    return (Finding(where, f"{len(numbers)} applications, and not this one", f"number {number} among them", event),)
