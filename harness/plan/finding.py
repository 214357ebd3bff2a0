"""A finding of the plan's lint, and where in the file it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.plan.model import Plan


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: the key path in the plan, what, and what to do."""

    key: str
    what: str
    hint: str


def line_of(plan: Plan, key: str) -> int | None:
    """The line of a key path, or of the nearest part of it that the file has."""
    while key and key not in plan.lines:
        key = key.rpartition(".")[0] if "." in key else ""
    return plan.lines.get(key)


def sort(findings: Iterable[Finding], plan: Plan) -> list[Finding]:
    """Findings in the order of the file's lines."""
    return sorted(findings, key=lambda finding: (line_of(plan, finding.key) or 0, finding.key))
