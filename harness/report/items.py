"""The items of the province's plan, each with what is known of its stage."""

from __future__ import annotations

from dataclasses import dataclass

from harness.language import Text
from harness.report.checked import STATES, StageChecked
from harness.report.made.rehearsal import Rehearsal, Step
from harness.report.report import Report


@dataclass(frozen=True, slots=True)
class Item:
    """An item with its stage. ``checked``: its requirements, ``step``: the newest step into it; ``None`` where nobody
    looked. ``state`` is the worst of both, empty where nothing is known."""

    item: str
    stage: str
    title: Text
    checked: StageChecked | None
    step: Step | None

    @property
    def state(self) -> str:
        """Fail before error before skipped before not asked before pass."""
        states = [each.state for each in self.checked.all] if self.checked else []
        states += [self.step.outcome] if self.step else []
        # Whoever rehearsed a step into a stage has not asked what is required there.
        if self.step and not self.checked:
            states.append("unasked")
        order = sorted(STATES, key=lambda each: each == "pass")
        return next((each for each in order if each in states), "")


def items(report: Report) -> tuple[Item, ...]:
    """All items of the plan in order."""
    plan = report.basis.plan
    checked = {each.stage: each for each in report.stages}
    steps = {
        step.new: step for found in report.of(Rehearsal) for step in found.steps if step.equal is None
    }  # the way back enters no stage that was not there before
    return tuple(
        Item(each.item, each.name, Text(each.vi, each.en), checked.get(each.name), steps.get(each.name))
        for each in (plan.stages if plan else ())
    )
