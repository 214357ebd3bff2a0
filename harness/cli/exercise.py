"""``v6lab exercise``."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence

import click

from harness.cli import completing
from harness.cli import exercise_words as words
from harness.cli.exercise_data import data, entry, keep, state
from harness.cli.options import Decorator, engine_option, json_option, lang_option
from harness.cli.progress import Screen
from harness.drill import exercise as exercises
from harness.drill.exercise import Graded
from harness.drill.exercise_desk import Attempt
from harness.drill.exercise_work import Work, find, find_all, require_begun
from harness.errors import EXIT_FAIL, EXIT_NOT_MEASURED, EXIT_PASS, require_root
from harness.lab.converge import Told
from harness.lab.engines import engine as find_engine
from harness.lab.project import Project
from harness.language import Language, Text
from harness.plan import load as plans
from harness.suite import catalogue

MOST_SHOWN = 3
EXIT = {"pass": EXIT_PASS, "fail": EXIT_FAIL, "error": EXIT_NOT_MEASURED}

trainee_option: Decorator = click.option(
    "--trainee", metavar="NAME", help="Who does it, if several people share a machine. Default: who is logged in."
)
id_argument: Decorator = click.argument("name", metavar="ID", shell_complete=completing.exercises)


@click.group()
def command() -> None:
    """Mend a broken network of one's own and be graded by the suite (bài thực hành).

    Exit codes of check: 0 the goal is reached, 1 not yet, 2 a file is wrong, 3 it could not be measured.
    """


@command.command("list")
@trainee_option
@lang_option()
@json_option
def listed(trainee: str | None, language: Language, as_json: bool) -> None:
    """The exercises that there are."""
    found = find_all(Project.find(), _who(trainee), _checks())
    if as_json:
        click.echo(json.dumps([entry(each) for each in found], indent=1, ensure_ascii=False))
        return
    rows = [_row(each, language) for each in found]
    _table(words.LIST_HEADS, rows, language)


def _row(work: Work, language: Language) -> tuple[str, ...]:
    exercise, attempt = work.exercise, work.desk.read()
    return (
        exercise.id,
        words.LEVELS[exercise.level].of(language),
        exercise.stage or words.NO_LAB.of(language),
        str(exercise.minutes),
        exercise.title.of(language),
        words.STATES[state(attempt)].of(language),
        _points(attempt),
    )


def _points(attempt: Attempt | None) -> str:
    return "–" if attempt is None or attempt.best is None else str(attempt.best)


@command.command()
@id_argument
@trainee_option
@engine_option
@lang_option()
def start(name: str, trainee: str | None, engine: str | None, language: Language) -> None:
    """Bring up a lab of one's own with the exercise's mistakes in it."""
    work = _work(name, trainee)
    if work.lab:
        require_root()
    with Screen() as screen:
        exercises.start(work, find_engine(engine), Told(screen.phase, screen.met))
    click.echo("\n".join(_opening(work, language, trainee)))


def _opening(work: Work, language: Language, trainee: str | None) -> Sequence[str]:
    exercise, desk = work.exercise, work.desk
    said = [words.STARTED.of(language).format(id=exercise.id, title=exercise.title.of(language)), ""]
    said += [words.GOAL.of(language) + ": " + exercise.goal.of(language), "", words.EDIT.of(language)]
    said += [f"  {desk.place(each)}" for each in exercise.files]
    if exercise.read:
        said += [
            words.READ.of(language),
            *(f"  {desk.path / 'read' / each.node / each.path}" for each in exercise.read),
        ]
    said += [words.KEEP.of(language) + " " + ", ".join(exercise.untouched), ""]
    said += [words.TIME.of(language).format(exercise.minutes)]
    if work.lab:
        said.append(words.LOOK.of(language).format(lab=work.lab))
    return [*said, words.NEXT.of(language).format(id=exercise.id, who=_option(trainee))]


@command.command()
@click.argument("name", metavar="[ID]", required=False, shell_complete=completing.exercises)
@trainee_option
@lang_option()
@json_option
def status(name: str | None, trainee: str | None, language: Language, as_json: bool) -> None:
    """How one's exercises go: time, hints, points, the lab and the directory."""
    if name:
        work = _work(name, trainee)
        require_begun(work)
        found: tuple[Work, ...] = (work,)
    else:
        found = tuple(each for each in find_all(Project.find(), _who(trainee), _checks()) if each.desk.read())
    if as_json:
        click.echo(json.dumps([entry(each) for each in found], indent=1, ensure_ascii=False))
    elif found:
        _table(words.STATUS_HEADS, [_status(each, language) for each in found], language)
    else:
        click.echo(words.NOTHING.of(language).format(_who(trainee)))


def _status(work: Work, language: Language) -> tuple[str, ...]:
    attempt = require_begun(work)
    spent = f"{attempt.minutes(time.time()):.0f}/{work.exercise.minutes}"
    hints, lab = f"{attempt.hints}/{len(work.exercise.hints)}", attempt.lab if attempt.state == "running" else "–"
    said = words.STATES[state(attempt)].of(language)
    return (work.exercise.id, said, spent, hints, str(len(attempt.grades)), _points(attempt), lab or "–", str(work.desk.path))  # fmt: skip


@command.command()
@id_argument
@trainee_option
@lang_option()
def hint(name: str, trainee: str | None, language: Language) -> None:
    """The next of three hints, each plainer than the one before; it costs ten points."""
    work = _work(name, trainee)
    found = exercises.hint(work)
    if found is None:
        click.echo(words.NO_HINT.of(language).format(id=name, who=_option(trainee)))
        return
    number, text = found
    said = words.HINT.of(language)
    click.echo(said.format(number=number, all=len(work.exercise.hints), text=text.of(language)))


@command.command()
@id_argument
@trainee_option
@lang_option()
@json_option
@click.pass_context
def check(ctx: click.Context, name: str, trainee: str | None, language: Language, as_json: bool) -> None:
    """Lay the files over the lab as production would take them, ask the suite, and say what the answer is worth."""
    work = _work(name, trainee)
    if work.lab:
        require_root()
    with Screen() as screen:
        found = exercises.check(work, Told(screen.phase, screen.met), language)
    keep(work, found)
    if as_json:
        click.echo(json.dumps(data(work, found), indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(_feedback(work, found, language, trainee)))
    ctx.exit(EXIT[found.grade.outcome])


def _feedback(work: Work, found: Graded, language: Language, trainee: str | None) -> Sequence[str]:
    grade, said = found.grade, []
    if grade.refused:
        said += [words.REFUSED.of(language), *(f"  - {each}" for each in grade.refused), ""]
    if found.pending:
        said += [words.UNSETTLED.of(language), *_some([f"{name}: {why}" for name, why in found.pending], language)]
    groups = ((grade.green, words.GREEN), (grade.red, words.RED), (grade.unmeasured, words.DARK))
    for checks, word in (*groups, (grade.broken, words.BROKEN), (grade.dark, words.DARK)) if found.verdicts else ():
        for each in checks:
            said += [f"{word.of(language):<20} {each}"]
            if word is not words.GREEN:
                said += ["  " + words.MEANS.of(language).format(work.exercise.meaning(each).of(language))]
                said += _some(_findings(found, each), language)
    said += ["", words.POINTS.of(language).format(points=grade.points, cost=grade.cost)]
    said.append(_conclusion(grade.outcome, len((*grade.red, *grade.broken, *grade.refused)), language))
    if found.attempt.shown is not None:
        said.append(words.UNGRADED.of(language))
    if grade.outcome != "pass":
        said.append(words.NEXT.of(language).format(id=work.exercise.id, who=_option(trainee)))
    return said


def _findings(found: Graded, check: str) -> list[str]:
    return list(dict.fromkeys(line for each in found.verdicts if each.check == check for line in each.findings))


def _some(lines: Sequence[str], language: Language) -> list[str]:
    shown = [f"    - {each}" for each in lines[:MOST_SHOWN]]
    if len(lines) > MOST_SHOWN:
        shown.append("    " + words.MORE.of(language).format(len(lines) - MOST_SHOWN))
    return shown


def _conclusion(outcome: str, left: int, language: Language) -> str:
    if outcome == "pass":
        return words.REACHED.of(language)
    return words.NOT_MEASURED.of(language) if outcome == "error" else words.NOT_REACHED.of(language).format(left)


@command.command()
@id_argument
@trainee_option
@lang_option()
def solution(name: str, trainee: str | None, language: Language) -> None:
    """Show the reference solution. The grading ends."""
    work = _work(name, trainee)
    path, said = exercises.solution(work)
    click.echo(words.SOLUTION.of(language) + "\n\n" + work.exercise.solution.of(language) + "\n\n" + said)
    click.echo(words.LIES_AT.of(language).format(path))


@command.command()
@id_argument
@trainee_option
@lang_option()
@click.pass_context
def stop(ctx: click.Context, name: str, trainee: str | None, language: Language) -> None:
    """Take the lab down; the record and the answer stay."""
    work = _work(name, trainee)
    left = exercises.stop(work)
    for line in left:
        click.echo(f"still there: {line}", err=True)
    if left:
        ctx.exit(EXIT_NOT_MEASURED)
    click.echo(words.STOPPED.of(language).format(id=name, path=work.desk.path))


def _work(name: str, trainee: str | None) -> Work:
    return find(Project.find(), name, _who(trainee), _checks())


def _checks() -> tuple[str, ...]:
    project = Project.find()
    return tuple(catalogue.read(project.root / "configs" / "checks", plans.load(project.plan_file).stage_names()))


def _who(trainee: str | None) -> str:
    return trainee if trainee is not None else os.environ.get("SUDO_USER") or os.environ.get("USER") or "root"


def _option(trainee: str | None) -> str:
    return f" --trainee {trainee}" if trainee is not None else ""


def _table(heads: Sequence[Text], rows: Sequence[Sequence[str]], language: Language) -> None:
    lines = [[each.of(language) for each in heads], *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
