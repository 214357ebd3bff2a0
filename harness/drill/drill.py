"""A drill, over and over: each time broken, mended, and proven to be as before; then judged against its targets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.drill import summary
from harness.drill.as_before import left_over, remember
from harness.drill.catalogue import DrillFile
from harness.drill.failover import Drill, run
from harness.errors import HarnessError, WrongInput
from harness.history.history import History
from harness.lab import record as records
from harness.lab.lab import Lab
from harness.plan.model import Plan
from harness.verdict import outage
from harness.verdict.verdict import Finding

Told = Callable[[str], None]


@dataclass(slots=True)
class Drilled:
    """All repetitions. ``error`` says why there are fewer than were asked for; ``residue`` what was left behind."""

    drill: DrillFile
    lab: str
    stage: str
    repetitions: list[Drill] = field(default_factory=list)
    residue: list[tuple[Finding, ...]] = field(default_factory=list)
    error: HarnessError | None = None

    def rows(self, targets: Mapping[str, float]) -> tuple[summary.Row, ...]:
        """Median and worst of each measure."""
        remote = tuple(dict.fromkeys(router for router, _ in self.drill.notice))[1:]
        found = [summary.measured(each) for each in self.repetitions]
        return summary.rows(found, self.drill.targets, targets, remote)

    def findings(self) -> tuple[str, ...]:
        """What was left behind, and the ways that have not come back, by repetition."""
        return tuple(
            f"repetition {number}: {what}"
            for number, (each, left) in enumerate(zip(self.repetitions, self.residue, strict=True), start=1)
            for what in (*map(str, left), *(f"{way} has not returned" for way in each.not_back))
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
            "repetitions": [summary.as_data(each) for each in self.repetitions],
        }


def drill(lab: Lab, plan: Plan, wanted: DrillFile, repeat: int, history: History, told: Told) -> Drilled:
    """Break and mend ``repeat`` times. Meanwhile the lab's record says *between*. What cannot be measured ends it."""
    if lab.record.state != "at":
        cause = lab.record.cause or lab.record.state
        raise WrongInput(f"lab {lab.name} is not at a stage: {cause}", where="v6lab drill", hint=f"v6lab down {lab.name}, then up")  # fmt: skip
    found = Drilled(wanted, lab.name, lab.stage)
    wanted.scenario(lab, plan)  # what the file asks for is there
    before = remember(lab)
    with _between(lab, f"drill {wanted.id}"):
        for number in range(1, repeat + 1):
            try:
                done = run(lab, history, wanted.scenario(lab, plan))
                left = left_over(lab, before)
            except HarnessError as error:
                found.error = error
                break
            found.repetitions.append(done)
            found.residue.append(left)
            told(f"repetition {number} of {repeat}: {_short(done)}" + (f"; left behind: {left[0]}" if left else ""))
    return found


def _short(done: Drill) -> str:
    worst = {family: outage.worst([done.out], family) for family in sorted({way.family for way in done.out.ways})}
    return f"{len(done.out.ways)} ways crossed, out for " + ", ".join(f"IPv{each} {ms:.0f} ms" for each, ms in worst.items())  # fmt: skip


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
