"""What the command line of a run asks for is there: said before anything is collected or brought up."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from harness.errors import WrongInput, unusable
from harness.lab import record
from harness.lab.engines import ENGINES
from harness.lab.project import Project
from harness.plan import load as plans
from harness.suite import catalogue


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
