"""What ``v6lab exercise`` gives to other programs, and what it leaves for a report."""

from __future__ import annotations

import time
from typing import Any

from harness.drill.exercise import Graded
from harness.drill.exercise_desk import Attempt
from harness.drill.exercise_work import Work
from harness.history import results
from harness.lab import record as records


def state(attempt: Attempt | None) -> str:
    """How an attempt goes, in a word."""
    if attempt is None:
        return "new"
    if attempt.passed is not None:
        return "passed"
    return "shown" if attempt.shown is not None else attempt.state


def entry(work: Work) -> dict[str, Any]:
    """An exercise and how far its trainee has come."""
    exercise, attempt = work.exercise, work.desk.read()
    return {
        "id": exercise.id,
        "vi": exercise.title.vi,
        "en": exercise.title.en,
        "level": exercise.level,
        "stage": exercise.stage,
        "minutes": exercise.minutes,
        "goal_checks": list(exercise.goal_checks),
        "stays_green": list(exercise.stays_green),
        "trainee": work.desk.trainee,
        "state": state(attempt),
        "best": attempt.best if attempt else None,
        "hints": attempt.hints if attempt else 0,
        "gradings": len(attempt.grades) if attempt else 0,
        "spent_minutes": round(attempt.minutes(time.time()), 1) if attempt else 0.0,
        "lab": attempt.lab if attempt and attempt.state == "running" else "",
        "directory": str(work.desk.path),
    }


def data(work: Work, found: Graded) -> dict[str, Any]:
    """A grading."""
    means = {each: {"vi": work.exercise.meaning(each).vi, "en": work.exercise.meaning(each).en} for each in work.exercise.checks}  # fmt: skip
    return {
        **entry(work),
        **found.grade.as_data(),
        "counts": found.attempt.shown is None,
        "means": means,
        "did_not_converge": [f"{name}: {why}" for name, why in found.pending],
        "seconds": round(found.seconds, 1),
        "verdicts": [each.as_data() for each in found.verdicts],
    }


def keep(work: Work, found: Graded) -> None:
    """The desk has what was graded and by what: the lab's own run goes with the lab."""
    exercise, project = work.exercise, work.project
    engine = records.read(work.lab).engine if work.lab else ""
    head = {"lab": work.lab, "stage": exercise.stage, "engine": engine}
    whole = data(work, found) | {"goal": {"vi": exercise.goal.vi, "en": exercise.goal.en}}
    basis = results.basis_of(project.root, project.topology_file, project.plan_file)
    results.keep_in(work.desk.path, "exercise", head, whole, basis)
