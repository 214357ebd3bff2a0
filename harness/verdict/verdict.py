"""What a judge says, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["pass", "fail", "error", "skip"]

ORDER: tuple[Outcome, ...] = ("fail", "error", "skip", "pass")
"""Of several points of one check the worst counts, in this order."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be. ``event`` refers to the history, where the raw answer is."""

    where: str
    what: str
    expected: str = ""
    event: str = ""

    def __str__(self) -> str:
        wanted = f" (expected {self.expected})" if self.expected else ""
        return f"{self.where}: {self.what}{wanted}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A check's outcome at one place, with its evidence."""

    check: str
    stage: str
    where: str
    outcome: Outcome
    findings: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    seconds: float = 0.0
    subject: Mapping[str, str] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """As it stands in the list of verdicts."""
        return {
            "check": self.check,
            "stage": self.stage,
            "where": self.where,
            "outcome": self.outcome,
            "findings": list(self.findings),
            "evidence": list(self.evidence),
            "seconds": round(self.seconds, 3),
            **({"hashes": dict(self.subject)} if self.subject else {}),
        }


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of a check over its points; a check without points was not measured."""
    for outcome in ORDER:
        if outcome in outcomes:
            return outcome
    return "error"
