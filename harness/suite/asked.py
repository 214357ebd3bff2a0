"""What the command line of a run asks for is there: said before anything is collected or brought up."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError, WrongInput, unusable
from harness.lab import record
from harness.lab.engines import ENGINES
from harness.lab.project import DEFAULT_STAGE, Project
from harness.plan import load as plans
from harness.suite import catalogue
from harness.suite.labs import Choice, running


def require(
    *, lab: str | None, stage: str | None, engine: str | None, check: str | None, verdicts: Path | None
) -> None:
    """Raise ``WrongInput`` for the first option that names nothing that there is."""
    if lab is not None:
        record.require(lab)
    if engine is not None and engine not in ENGINES:
        raise WrongInput(f"there is no engine {engine!r}", where="--engine", hint="engines: " + ", ".join(ENGINES))
    if verdicts is not None:
        _require_writable(verdicts)
    if stage is not None or check is not None:
        _require_known(stage, check)


def catalogue_and_stage(choice: Choice) -> tuple[dict[str, Any], str]:
    """The checks that there are, and the stage at which they are asked. Raises ``pytest.UsageError``."""
    project = Project.find()
    plan = plans.load(project.plan_file)
    stages = plan.stage_names()
    checks = catalogue.read(project.root / "configs" / "checks", stages)
    name = running(choice)
    try:
        found = record.read(name) if name else None
    except HarnessError as error:
        raise pytest.UsageError(str(error)) from error
    if found and not found.plan:
        return checks, catalogue.NO_PLAN
    stage = choice.stage or (found.stage if found else None) or DEFAULT_STAGE
    if stage not in stages:
        raise pytest.UsageError(f"--stage: there is no stage {stage!r}; stages: " + ", ".join(stages))
    return checks, stage


def _require_known(stage: str | None, check: str | None) -> None:
    project = Project.find()
    stages = plans.load(project.plan_file).stage_names()
    if stage is not None and stage not in stages:
        raise WrongInput(f"there is no stage {stage!r}", where="--stage", hint="stages: " + ", ".join(stages))
    known = catalogue.read(project.root / "configs" / "checks", stages)
    for asked in filter(None, map(str.strip, (check or "").split(","))):
        if asked not in known:
            hint = "checks: " + ", ".join(sorted(known))
            raise WrongInput(f"there is no check {asked!r}", where="--check", hint=hint)


def _require_writable(file: Path) -> None:
    parent = file.absolute().parent
    if file.is_dir():
        raise WrongInput("is a directory", where=file, hint="name a file")
    if not parent.is_dir():
        raise WrongInput("there is no such directory", where=parent, hint="make it, or name another place")
    if not os.access(parent, os.W_OK):
        raise unusable(OSError(errno.EACCES, os.strerror(errno.EACCES), str(file)))
