"""Whether a lab is again what it was: the one wait for it of gate, mutant, drill and rehearsal."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from harness.drill.held_back import HELD_BACK_SECONDS, newest_session
from harness.errors import CannotMeasure
from harness.lab.lab import Lab
from harness.probe import snapshot
from harness.probe.snapshot import UNANSWERED, Snapshot
from harness.verdict.outage import restored
from harness.verdict.verdict import Finding
from harness.wait import Condition, Deadline, until

SECONDS = 40.0
"""What was undone has that long to be as before: an unkind ISP keeps news back for 30 s."""


PROVEN = "as-before"
"""In the run's directory: when (CLOCK_MONOTONIC) the lab was last proven to be as before, so that nobody had news."""


def remember(lab: Lab, take: Callable[[], Snapshot] | None = None) -> Snapshot:
    """What the lab holds once no neighbour can hold news back any more: just after ``up``, that may take half a minute.

    What is remembered earlier never comes back. Raises ``CannotMeasure`` if the lab could not be read.
    """
    came_up = newest_session(lab)
    if came_up is not None and came_up > _proven(lab):
        ripe = Deadline(came_up + HELD_BACK_SECONDS)
        until([Condition("no news is held back", lambda: f"for {ripe.left:.0f} s" if ripe.left else None)], ripe)
    return _look(lab, take)()


def _look(lab: Lab, take: Callable[[], Snapshot] | None) -> Callable[[], Snapshot]:
    return take or (lambda: snapshot.take(None, lab.nodes.values()))


def _proven(lab: Lab) -> float:
    try:
        return float((Path(lab.record.run) / PROVEN).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0.0


def left_over(
    lab: Lab, before: Snapshot, seconds: float = SECONDS, take: Callable[[], Snapshot] | None = None
) -> tuple[Finding, ...]:
    """What differs from ``before``: nothing as soon as nothing does, else what does when the time is up.

    ``take`` reads the lab where ``before`` holds more than a snapshot of all nodes. Raises ``CannotMeasure`` if the
    lab could not be read at all.
    """
    look = _look(lab, take)
    found: list[tuple[Finding, ...]] = []

    def unmet() -> str | None:
        found.append(restored(before, look(), UNANSWERED))
        return str(found[-1][0]) if found[-1] else None

    outcome = until([Condition("the lab is as before", unmet)], Deadline.after(seconds), workers=1)
    if not found:
        raise CannotMeasure(f"whether lab {lab.name} is as before: {outcome.pending[0][1]}")
    if not found[-1]:
        (Path(lab.record.run) / PROVEN).write_text(f"{time.monotonic():.3f}", encoding="ascii")
    return found[-1]
