"""Taking a running lab to another stage, one stage at a time, forward or back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import WrongInput
from harness.lab import record as records
from harness.lab.apply import apply, changes
from harness.lab.conditions import quiet
from harness.lab.converge import CONVERGE_SECONDS, Told, converge
from harness.lab.lab import Lab
from harness.plan import derive, lint
from harness.plan.model import Family, Plan
from harness.render.render import Configs, render, stage_of
from harness.wait import Deadline


@dataclass(frozen=True, slots=True)
class Step:
    """From one stage to its neighbour: how long until all was taken over, and until the lab had converged (seconds)."""

    old: str
    new: str
    files: int
    laid_s: float
    converged_s: float

    @property
    def name(self) -> str:
        """Both stages."""
        return f"{self.old} → {self.new}"


def path(plan: Plan, old: str, new: str) -> tuple[tuple[str, str], ...]:
    """The steps between two stages, each from a stage to its neighbour. Raises ``WrongInput`` for a stage that is none."""
    order = plan.stage_names()
    here, there = order.index(stage_of(plan, old).name), order.index(stage_of(plan, new).name)
    way = 1 if there >= here else -1
    return tuple((order[index], order[index + way]) for index in range(here, there, way))


def takes_away(plan: Plan, old: str, new: str) -> bool:
    """Whether LANs and links lose more families by a step than they get: then it is made in the order of a way back.

    Between stages that differ in no family it is the way back itself.
    """

    def there(stage: str) -> set[tuple[str, Family]]:
        lans = {(lan.name, family) for lan in plan.lans.values() for family in derive.families(plan, lan, stage)}
        return lans | {(f"{at.a}-{at.b}", family) for at in plan.links for family in derive.families(plan, at, stage)}

    before, after = there(old), there(new)
    if before != after:
        return len(before - after) > len(after - before)
    order = plan.stage_names()
    return order.index(new) < order.index(old)


def walk(
    lab: Lab,
    stage: str,
    told: Told,
    each: Callable[[Step], None] = lambda step: None,
    begins: Callable[[str], None] = lambda action: None,
) -> tuple[Step, ...]:
    """Bring a lab to a stage; a change that was broken off on it is finished, or taken back, on the way.

    ``each`` hears of a step that has been made, ``begins`` of every sub-action before anything of it is done; what it
    raises breaks the step off there. Raises ``WrongInput`` for a lab without a plan, ``LabFailed`` or
    ``NotConverged`` with the lab *between*.
    """
    plan = lab.plan
    if plan is None:
        raise WrongInput("a lab without a plan has no stages", where=lab.record.topology)
    steps = path(plan, lab.stage, stage)
    if not steps and lab.record.state != "at":
        steps = ((lab.stage, stage),)
    lint.check(plan)
    made = []
    for old, new in steps:
        made.append(_step(lab, plan, old, new, told, begins))
        each(made[-1])
    return tuple(made)


def _step(lab: Lab, plan: Plan, old: str, new: str, told: Told, begins: Callable[[str], None]) -> Step:
    def begun(action: str) -> None:
        told.phase(f"{old} → {new}: {action}")
        begins(action)

    started = time.monotonic()
    told.phase(f"{old} → {new}: rendering")
    wanted = render(lab.topology, plan, Configs(Path(lab.record.project) / "configs"), new)
    found = changes(lab, wanted)
    with quiet.watch(lab) as routes:
        apply(lab, wanted, found, backward=takes_away(plan, old, new), begins=begun)
        laid = time.monotonic() - started
        lab.record = replace(lab.record, stage=new)
        records.save(lab.record.between(f"waiting for convergence at {new}"))
        told.phase(f"{old} → {new}: waiting for convergence")
        converge(lab, told, Deadline.after(CONVERGE_SECONDS), started, routes)
    files = sum(len(each.files) for each in found)
    return Step(old, new, files, laid, time.monotonic() - started)
