"""Whether a lab is again what it was: the one wait for it of gate, mutant, drill and rehearsal."""

from __future__ import annotations

from collections.abc import Callable

from harness.errors import CannotMeasure
from harness.lab.lab import Lab
from harness.probe import snapshot
from harness.probe.snapshot import UNANSWERED, Snapshot
from harness.verdict.outage import restored
from harness.verdict.verdict import Finding
from harness.wait import Condition, Deadline, until

SECONDS = 40.0
"""What was undone has that long to be as before: an unkind ISP keeps news back for 30 s."""


def left_over(
    lab: Lab, before: Snapshot, seconds: float = SECONDS, take: Callable[[], Snapshot] | None = None
) -> tuple[Finding, ...]:
    """What differs from ``before``: nothing as soon as nothing does, else what does when the time is up.

    ``take`` reads the lab where ``before`` holds more than a snapshot of all nodes. Raises ``CannotMeasure`` if the
    lab could not be read at all.
    """
    look = take or (lambda: snapshot.take(None, lab.nodes.values()))
    found: list[tuple[Finding, ...]] = []

    def unmet() -> str | None:
        found.append(restored(before, look(), UNANSWERED))
        return str(found[-1][0]) if found[-1] else None

    outcome = until([Condition("the lab is as before", unmet)], Deadline.after(seconds), workers=1)
    if not found:
        raise CannotMeasure(f"whether lab {lab.name} is as before: {outcome.pending[0][1]}")
    return found[-1]
