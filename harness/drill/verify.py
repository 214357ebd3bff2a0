"""The gate for a change of the configuration: laid over a lab, judged, undone, and the undoing proven."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from harness.drill.candidate import require_same_topologies
from harness.drill.changed import changed
from harness.drill.gate import Report, name_of
from harness.drill.journeys import JOURNEYS, known, make, offered
from harness.drill.judging import Ready, judge, ready
from harness.drill.laid import laid_trees, wanted
from harness.errors import HarnessError, LabFailed, NotTakenOver, WrongInput
from harness.history import results
from harness.history.run import RunDirectory
from harness.lab.apply import changes
from harness.lab.converge import Told
from harness.lab.lab import Lab
from harness.lab.project import Project
from harness.plan import lint as plan_lint
from harness.plan import load as plans
from harness.render import match
from harness.render import tree as node_trees
from harness.render.render import render
from harness.render.tree import Trees
from harness.verdict.readiness import Outcome
from harness.verdict.verdict import Verdict

DIRECTORY = "verify"
"""In the run's directory of the lab."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A change: the trees that it leads from and to, knowing where their files come from, and, where the plan changes
    with them, the old and the new one's file."""

    name: str
    before: Trees
    trees: Trees
    plans: tuple[Path, Path] | None = None

    @property
    def plan_file(self) -> Path | None:
        """The plan that holds with the change, if another."""
        return self.plans[1] if self.plans else None


def from_candidate(lab: Lab, candidate: Path) -> Asked:
    """A candidate on top of what the lab runs. Raises ``WrongInput``, also for a lab that runs something older."""
    before = wanted(lab)
    if lab.record.state == "at" and node_trees.digest(before) != lab.record.digest:
        raise WrongInput(
            f"lab {lab.name} does not run what configs/ says: the candidate would be judged together with that",
            hint=f"v6lab up --name {lab.name} --stage {lab.stage} lays what was edited over it",
        )
    return Asked(str(candidate), before, wanted(lab, (candidate,)))


def from_base(lab: Lab, base: Project, present: Project, name: str) -> Asked:
    """The present configuration, on a lab that runs that of a base. Raises ``WrongInput``."""
    require_same_topologies(base.root, present.root)
    plan = plans.load(present.plan_file)
    plan_lint.check(plan)
    match.check(plan, lab.topology)
    before = render(lab.topology, plans.load(base.plan_file), base.configs, lab.stage)
    trees = render(lab.topology, plan, present.configs, lab.stage)
    return Asked(name, before, trees, (base.plan_file, present.plan_file))


def verify(lab: Lab, ask: Callable[[], Asked], told: Told, began: float) -> Report:
    """Judge a change on a lab; ``ask`` reads it, and may raise ``WrongInput``. Whatever else goes wrong is in the
    report, and the lab is as before, or the report says what is not; the lab's run has it too. ``began`` (monotonic
    seconds) is what its seconds count from."""
    with ready(lab, None, Path(lab.record.run) / DIRECTORY) as checks:  # found while the change is read and laid
        report = _verified(lab, ask(), checks, told, began)
    results.keep(lab.record, "verify", report.as_data())
    return report


def _verified(lab: Lab, asked: Asked, checks: Ready, told: Told, began: float) -> Report:
    report = Report(asked.name, lab.stage, lab.name, engine=lab.record.engine, run=lab.record.run)
    done: Report | None = None
    try:
        if not (files := changed(changes(lab, asked.trees), asked.before, asked.plans)) and lab.record.state == "at":
            return report
        report = replace(report, changed=files)
        cause = f"{asked.name} is being judged on it"
        with laid_trees(lab, asked.trees, told, cause=cause, plan_file=asked.plan_file) as laid:
            told.phase("asking the checks and making journeys")
            verdicts, made = _seen(lab, checks)
            seconds = time.monotonic() - began
            done = replace(report, pending=laid.pending, verdicts=verdicts, journeys=made, verdict_s=seconds)
        done = replace(done, undone_s=time.monotonic() - began - done.verdict_s)
        return replace(done, already=_already(lab, done, told))
    except WrongInput as error:
        return replace(report, refused=str(error), verdict_s=time.monotonic() - began)
    except NotTakenOver as error:
        return replace(report, pending=(("taken over", str(error)),), verdict_s=time.monotonic() - began)
    except LabFailed as error:
        if done:
            return replace(done, left=str(error), undone_s=time.monotonic() - began - done.verdict_s)
        return replace(report, trouble=str(error), verdict_s=time.monotonic() - began)
    except HarnessError as error:
        return replace(done or report, trouble=str(error), verdict_s=time.monotonic() - began)


def _seen(lab: Lab, checks: Ready) -> tuple[tuple[Verdict, ...], tuple[Outcome, ...]]:
    """The verdicts of the checks, and what became of the journeys made meanwhile: one waits where the other works."""
    with ThreadPoolExecutor(1, thread_name_prefix="journeys") as pool:
        made = pool.submit(_journeys, lab)
        return checks.verdicts(), made.result()


def _journeys(lab: Lab) -> tuple[Outcome, ...]:
    """What becomes of the lab's journeys; none where nobody wrote down what people do."""
    if not (lab.plan and lab.plan.file.with_name(JOURNEYS).is_file()):
        return ()
    with RunDirectory(Path(lab.record.run)).history(f"journeys-{os.getpid()}") as history:
        return tuple(make(lab, history, offered(lab, known(lab))))


def _already(lab: Lab, done: Report, told: Told) -> frozenset[str]:
    """What is red or lost on the lab as it was, too: no candidate is to blame for that. Asked afterwards and only for
    what is red, as a verdict is waited for and a good one has nothing to ask."""
    if not (done.red or done.lost):
        return frozenset()
    told.phase("asking again without the change what was red")
    again = judge(lab, list(done.red), Path(lab.record.run) / DIRECTORY / "without") if done.red else ()
    red = {each.check for each in again if each.outcome == "fail"}
    lost = {name_of(each) for each in _journeys(lab) if each.fate == "lost"} if done.lost else set()
    return frozenset(red | lost)
