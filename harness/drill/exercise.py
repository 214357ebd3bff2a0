"""An exercise: a lab of the trainee's own with mistakes in it, files to mend them in, and a grade from the suite."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

from harness.drill import exercise_plan, judging
from harness.drill.candidate import NODES
from harness.drill.exercise_answer import answers as answers_of
from harness.drill.exercise_answer import forbidden, said_of_touched, with_answer
from harness.drill.exercise_desk import Attempt, ended, with_files
from harness.drill.exercise_file import PLAN_FILE, PLAN_NODE, Place
from harness.drill.exercise_work import (
    Work,
    difference,
    require_begun,
    require_running,
    solution_trees,
    start_trees,
)
from harness.drill.failover import hold
from harness.drill.held_back import HELD_BACK_SECONDS
from harness.drill.laid import lay
from harness.drill.mutant import unreached_by
from harness.engine.base import Engine
from harness.errors import LabFailed, WrongInput
from harness.history.run import RunDirectory
from harness.lab import record as records
from harness.lab.apply import changes
from harness.lab.conditions import quiet
from harness.lab.converge import Told
from harness.lab.engines import engine as find_engine
from harness.lab.lab import Lab
from harness.lab.up import Wanted, down, up
from harness.language import Language, Text
from harness.render.tree import Trees
from harness.verdict.grade import Grade, Spent, grade
from harness.verdict.mutant import outcomes
from harness.verdict.verdict import Verdict
from harness.wait import Deadline, until

POLICY_SECONDS = 6.0
"""FRR uses a changed route map or prefix list 5 s after the change."""
MOVED = Text("địa chỉ phải giữ nguyên đã đổi: {}", "an address that must stay has moved: {}")


@dataclass(frozen=True, slots=True)
class Graded:
    """What a grading has found: ``pending`` are conditions of convergence that did not hold with the answer on."""

    attempt: Attempt
    grade: Grade
    verdicts: tuple[Verdict, ...] = ()
    pending: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0


def start(work: Work, engine: Engine, told: Told) -> Attempt:
    """Bring the trainee's lab up at the exercise's stage, put the mistakes in, and lay the files out to be mended.

    Raises ``WrongInput`` if it is running already. What goes wrong on the way leaves no lab and no new desk.
    """
    before = work.desk.read()
    if before and before.state == "running" and (not before.lab or before.lab in records.names()):
        hint = f"v6lab exercise check {work.exercise.id}, or v6lab exercise stop {work.exercise.id} to begin again"
        raise WrongInput(f"{work.exercise.id} has been started already", where=work.desk.path, hint=hint)
    _require_own(work)
    beginning = start_trees(work)
    answers: tuple[str, ...] = ()
    try:
        if work.lab:
            lab = _bring_up(work, engine, beginning, told)
            answers = answers_of(lab, work.exercise)
        work.desk.lay_out(beginning, work.exercise.files, work.exercise.read)
        attempt = Attempt(work.exercise.id, work.desk.trainee, work.lab, time.time(), answers=answers)
        work.desk.save(attempt)
    except BaseException:
        if work.lab:
            _take_down(work)
        raise
    return attempt


def _require_own(work: Work) -> None:
    """Raise ``WrongInput`` if a lab of that name is up for another checkout: it is somebody else's."""
    if work.lab in records.names():
        try:
            record = records.read(work.lab)
        except LabFailed:  # half made by a start that was killed
            return
        if record.project != str(work.project.root):
            hint = f"take another name (--trainee), or v6lab down {work.lab}"
            raise WrongInput(f"lab {work.lab} is up for another checkout ({record.project})", hint=hint)


def _bring_up(work: Work, engine: Engine, beginning: Trees, told: Told) -> Lab:
    if work.lab in records.names():
        _take_down(work)
    wanted = Wanted(work.project, work.project.topology_file, work.exercise.stage, work.lab)
    lab = up(wanted, engine, told)
    lay(lab, beginning, changes(lab, beginning), told)
    _mark(lab, work)
    told.phase("seeing that the mistakes have taken effect")
    _rest(lab)
    if late := [why for fault in work.exercise.faults for why in unreached_by(lab, fault.reached)]:
        raise LabFailed(f"a mistake has no effect: {late[0]}")
    for each in work.exercise.shown_by:
        if (answer := lab.exec(each.node, *each.argv)).code:
            raise LabFailed(f"{each.node}: {' '.join(each.argv)}: {(answer.err or answer.out).strip()[:200]}")
    return lab


def _rest(lab: Lab) -> None:
    """Wait until what was just laid over a lab is in use: FRR waits before it looks at a changed route map."""
    hold(POLICY_SECONDS)
    with quiet.watch(lab) as routes:
        until([quiet.condition(routes)], Deadline.after(POLICY_SECONDS))


def _mark(lab: Lab, work: Work) -> None:
    """The record of a lab that is not as its stage is says why, so that nobody takes it for that."""
    lab.record = lab.record.between(f"it is the lab of exercise {work.exercise.id}")
    records.save(lab.record)


def _take_down(work: Work) -> tuple[str, ...]:
    """The lab with its run's directory; what is still there afterwards is returned."""
    try:
        record = records.read(work.lab)
    except LabFailed:  # a lab half made has no record; the engine knows it by its name
        return down(find_engine(), work.lab)
    left = down(find_engine(record.engine), work.lab)
    RunDirectory(Path(record.run)).discard()
    shutil.rmtree(work.project.runs / work.lab, ignore_errors=True)
    return left


def check(work: Work, told: Told, language: Language) -> Graded:
    """Lay the answer over the lab, ask the suite, grade. The record has the grade afterwards.

    Raises ``WrongInput`` for a file that is missing, or that its daemon refuses: the lab is then as before, and
    nothing is graded.
    """
    attempt, began, now = require_running(work), time.monotonic(), time.time()
    answer, beginning = work.desk.answered(), work.desk.start()
    for place in work.exercise.files:
        if place not in answer:
            where = work.desk.path / ".start" / place.node / place.path
            raise WrongInput("is missing", where=work.desk.place(place), hint=f"copy it back from {where}")
    found = _judged(work, attempt, answer, beginning, told, language)
    spent = Spent(attempt.minutes(now), work.exercise.minutes, attempt.hints)
    graded = grade(outcomes(found.verdicts), work.exercise.goal_checks, work.exercise.stays_green, found.refused, spent)
    if attempt.shown is None:
        entry = {"at": round(now, 1), **graded.as_data()}
        attempt = replace(attempt, grades=(*attempt.grades, entry))
        if graded.outcome == "pass" and attempt.passed is None:
            attempt = replace(attempt, passed=now)
    attempt = replace(attempt, answers=found.answers, unsteady=found.unsteady)
    work.desk.save(attempt)
    return Graded(attempt, graded, found.verdicts, found.pending, time.monotonic() - began)


@dataclass(frozen=True, slots=True)
class _Found:
    refused: tuple[str, ...]
    verdicts: tuple[Verdict, ...] = ()
    pending: tuple[tuple[str, str], ...] = ()
    answers: tuple[str, ...] = ()
    unsteady: tuple[int, ...] = ()


def _judged(
    work: Work, attempt: Attempt, answer: dict[Place, bytes], beginning: Trees, told: Told, language: Language
) -> _Found:
    exercise, unsteady, answers = work.exercise, attempt.unsteady, attempt.answers
    refused = forbidden(exercise, answer, beginning, language)
    if not exercise.stage:
        file, old = work.desk.place(exercise.files[0]), work.desk.path / ".start" / PLAN_NODE / PLAN_FILE
        refused += tuple(MOVED.of(language).format(each) for each in exercise_plan.moved(old, file, exercise.untouched))
        return _Found(refused, exercise_plan.verdicts(file, exercise, work.topology))
    if refused:
        return _Found(refused, (), (), answers, unsteady)
    lab = Lab.attach(work.lab)
    if said := said_of_touched(lab, exercise, beginning, language):
        return _Found(said, (), (), answers, unsteady)
    wanted = with_files(beginning, answer, work.desk.path / NODES)
    fresh = changes(lab, wanted)
    pending = lay(lab, wanted, with_answer(lab, wanted, exercise.files), told)
    laid = time.monotonic()
    _mark(lab, work)
    if fresh:
        told.phase("waiting for the daemons to use what is new")
        _rest(lab)
    now = answers_of(lab, exercise)
    changed = [number for number, (old_, new) in enumerate(zip(answers, now, strict=True)) if old_ != new]
    unsteady = tuple(sorted({*unsteady, *changed}))
    told.phase("asking the checks: " + ", ".join(exercise.checks))
    out = Path(lab.record.run) / "exercise"
    verdicts = judging.judge(lab, exercise.checks, out, disturbing=True)
    if fresh and (dark := [each for each, said in outcomes(verdicts).items() if said == "error"]):
        told.phase("waiting for news that a neighbour may hold back, and asking once more: " + ", ".join(dark))
        hold(max(0.0, laid + HELD_BACK_SECONDS - time.monotonic()))
        again = judging.judge(lab, dark, out / "once-more", disturbing=True)
        verdicts = (*(each for each in verdicts if each.check not in dark), *again)
    # Some checks reset sessions themselves: what they did is not the trainee's doing.
    said = tuple(exercise.steady[number].why.of(language) for number in unsteady)
    return _Found(said, verdicts, pending, answers_of(lab, exercise), unsteady)


def hint(work: Work) -> tuple[int, Text] | None:
    """The next hint with its number; ``None`` when there are no more. It costs points from now on."""
    attempt = require_begun(work)
    if attempt.hints >= len(work.exercise.hints):
        return None
    if attempt.passed is None and attempt.shown is None:
        attempt = replace(attempt, hints=attempt.hints + 1)
        work.desk.save(attempt)
        return attempt.hints, work.exercise.hints[attempt.hints - 1]
    return attempt.hints + 1, work.exercise.hints[attempt.hints]


def solution(work: Work) -> tuple[Path, str]:
    """Show the reference solution: where it lies now, and how it differs from the start. The grading ends."""
    attempt = require_begun(work)
    if attempt.shown is None:
        work.desk.save(replace(attempt, shown=time.time()))
    good, bad = solution_trees(work), start_trees(work)
    said = "".join(difference(place, bad, good) for place in work.exercise.files)
    return work.desk.show(good, work.exercise.files), said


def stop(work: Work) -> tuple[str, ...]:
    """Take the lab down and leave the record and the answer; what is still there of the lab is returned."""
    attempt = work.desk.read()
    there = bool(work.lab) and work.lab in records.names()
    if not there and (attempt is None or attempt.state == "stopped"):
        require_begun(work)
    left = _take_down(work) if there else ()
    if attempt:
        work.desk.save(ended(attempt))
        work.desk.clear()
    return left
