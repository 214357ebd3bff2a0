"""A drill, over and over: each time broken, mended, and proven to be as before; then judged against its targets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.drill import summary
from harness.drill.as_before import left_over, remember
from harness.drill.kinds import AnyDrill, Repetition
from harness.errors import HarnessError, WrongInput
from harness.history.history import History
from harness.lab import record as records
from harness.lab.lab import Lab
from harness.plan.model import Plan
from harness.verdict.verdict import Finding

Told = Callable[[str], None]


@dataclass(slots=True)
class Drilled:
    """All repetitions. ``error`` says why there are fewer than were asked for; ``residue`` what was left behind."""

    drill: AnyDrill
    lab: str
    stage: str
    repetitions: list[Repetition] = field(default_factory=list)
    residue: list[tuple[Finding, ...]] = field(default_factory=list)
    error: HarnessError | None = None

    def rows(self, targets: Mapping[str, float]) -> tuple[summary.Row, ...]:
        """Median and worst of each measure."""
        found = [each.measures() for each in self.repetitions]
        return summary.rows(found, lambda measure: self.drill.target_ms(measure, targets))

    def findings(self) -> tuple[str, ...]:
        """What was left behind, and what has not come back, by repetition."""
        return tuple(
            f"repetition {number}: {what}"
            for number, (each, left) in enumerate(zip(self.repetitions, self.residue, strict=True), start=1)
            for what in (*map(str, left), *each.missing())
        )

    def outcome(self, targets: Mapping[str, float]) -> str:
        """``error`` if it could not be measured as often as asked for, else ``fail`` or ``pass``."""
        if self.error:
            return "error"
        return "pass" if all(row.met for row in self.rows(targets)) and not self.findings() else "fail"

    def as_data(self, targets: Mapping[str, float]) -> dict[str, Any]:
        """For other programs."""
        return {
            "drill": self.drill.id,
            "vi": self.drill.vi,
            "en": self.drill.en,
            "lab": self.lab,
            "stage": self.stage,
            "outcome": self.outcome(targets),
            "error": str(self.error) if self.error else None,
            "summary": [summary.row_data(row) for row in self.rows(targets)],
            "findings": list(self.findings()),
            "repetitions": [each.as_data() for each in self.repetitions],
            "measures": [_measures(each) for each in self.repetitions],
        }


def _measures(done: Repetition) -> list[dict[str, Any]]:
    """What one repetition came to, so that a report can show how all of them are spread."""
    return [
        {"measure": measure, "family": family, "direction": direction, "ms": ms}
        for (measure, family, direction), ms in done.measures().items()
    ]


def drill(lab: Lab, plan: Plan, wanted: AnyDrill, repeat: int, history: History, told: Told) -> Drilled:
    """Break and mend ``repeat`` times. Meanwhile the lab's record says *between*. What cannot be measured ends it."""
    if lab.record.state != "at":
        cause = lab.record.cause or lab.record.state
        raise WrongInput(f"lab {lab.name} is not at a stage: {cause}", where="v6lab drill", hint=f"v6lab down {lab.name}, then up")  # fmt: skip
    found = Drilled(wanted, lab.name, lab.stage)
    order = plan.stage_names()
    if order.index(lab.stage) < order.index(wanted.since):
        raise WrongInput(f"drill {wanted.id} needs stage {wanted.since} or a later one, and lab {lab.name} is at {lab.stage}", where="v6lab drill", hint=f"v6lab up --stage {wanted.since}")  # fmt: skip
    wanted.require(lab, plan)
    before = remember(lab)
    with _between(lab, f"drill {wanted.id}"):
        for number in range(1, repeat + 1):
            try:
                done = wanted.once(lab, plan, history)
                left = left_over(lab, before)
            except HarnessError as error:
                found.error = error
                break
            found.repetitions.append(done)
            found.residue.append(left)
            told(f"repetition {number} of {repeat}: {done.short()}" + (f"; left behind: {left[0]}" if left else ""))
    return found


@contextmanager
def _between(lab: Lab, cause: str) -> Iterator[None]:
    """The record says *between* until all is mended."""
    kept = lab.record
    began = time.strftime("%H:%M:%S")
    lab.record = kept.between(f"{cause}, begun at {began}")
    records.save(lab.record)
    try:
        yield
    finally:
        lab.record = kept
        records.save(kept)
