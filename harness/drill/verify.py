"""The gate for a change of the configuration: laid over a lab, judged, undone, and the undoing proven."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from harness.drill.candidate import require_same_topologies
from harness.drill.gate import Report, changed
from harness.drill.judging import judge
from harness.drill.laid import laid_trees, wanted
from harness.errors import HarnessError, LabFailed, WrongInput
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

DIRECTORY = "verify"
"""In the run's directory of the lab."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A change: the trees that it leads to, and, where the plan changes with them, the new one's file."""

    name: str
    trees: Trees
    plan_file: Path | None = None


def from_candidate(lab: Lab, candidate: Path) -> Asked:
    """A candidate on top of what the lab runs. Raises ``WrongInput``, also for a lab that runs something older."""
    if lab.record.state == "at" and node_trees.digest(wanted(lab)) != lab.record.digest:
        raise WrongInput(
            f"lab {lab.name} does not run what configs/ says: the candidate would be judged together with that",
            hint=f"v6lab up --name {lab.name} --stage {lab.stage} lays what was edited over it",
        )
    return Asked(str(candidate), wanted(lab, (candidate,)))


def from_base(lab: Lab, base: Project, present: Project, name: str) -> Asked:
    """The present configuration, on a lab that runs that of a base. Raises ``WrongInput``."""
    require_same_topologies(base.root, present.root)
    plan = plans.load(present.plan_file)
    plan_lint.check(plan)
    match.check(plan, lab.topology)
    return Asked(name, render(lab.topology, plan, present.configs, lab.stage), present.plan_file)


def verify(lab: Lab, asked: Asked, told: Told, began: float) -> Report:
    """Judge a change on a lab. Whatever goes wrong is in the report, and the lab is as before, or the report says
    what is not. ``began`` (monotonic seconds) is what its seconds count from."""
    report = Report(asked.name, lab.stage, lab.name)
    done: Report | None = None
    try:
        if not (files := changed(changes(lab, asked.trees))) and lab.record.state == "at":
            return report
        report = replace(report, changed=files)
        with laid_trees(
            lab, asked.trees, told, cause=f"{asked.name} is being judged on it", plan_file=asked.plan_file
        ) as laid:
            told.phase("asking the checks")
            verdicts = judge(lab, None, Path(lab.record.run) / DIRECTORY)
            seconds = time.monotonic() - began
            done = replace(report, pending=laid.pending, verdicts=verdicts, verdict_s=seconds)
    except WrongInput as error:
        return replace(report, refused=str(error), verdict_s=time.monotonic() - began)
    except LabFailed as error:
        if done:
            return replace(done, left=str(error), undone_s=time.monotonic() - began - done.verdict_s)
        return replace(report, trouble=str(error), verdict_s=time.monotonic() - began)
    except HarnessError as error:
        return replace(report, trouble=str(error), verdict_s=time.monotonic() - began)
    return replace(done, undone_s=time.monotonic() - began - done.verdict_s)
