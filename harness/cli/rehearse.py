"""``v6lab rehearse``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from harness.cli import completing
from harness.cli.options import engine_option, lab_option, lang_option, which, write_json
from harness.cli.progress import Screen
from harness.drill.journeys import known
from harness.drill.rehearsal import Limits, Rehearsal, Rehearser, StepSeen, require_at_rest
from harness.drill.rehearsal_report import as_data, table
from harness.errors import EXIT_FAIL, EXIT_NOT_MEASURED, EXIT_PASS, WrongInput, require_root
from harness.history import results
from harness.history.run import RunDirectory
from harness.lab import record
from harness.lab.converge import Told
from harness.lab.engines import engine as find_engine
from harness.lab.lab import Lab
from harness.lab.project import Project
from harness.lab.up import Wanted, own_lab
from harness.lab.walk import walk
from harness.language import Language, Text
from harness.plan import load as plans
from harness.plan.model import Plan
from harness.suite import catalogue, labs

ALL_OF_IT = Text("toàn bộ kết quả: {}", "all of it: {}")
EXIT = {"pass": EXIT_PASS, "fail": EXIT_FAIL, "error": EXIT_NOT_MEASURED}


@click.command()
@click.option(
    "--from",
    "start",
    shell_complete=completing.stages,
    metavar="STAGE",
    help="Where it begins. Default: the lab's stage, else the first.",
)
@click.option(
    "--to", "end", shell_complete=completing.stages, metavar="STAGE", help="Where it turns. Default: the last stage."
)
@lab_option
@engine_option
@click.option(
    "--json", "file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write all there."
)
@lang_option("en")
@click.pass_context
def command(
    ctx: click.Context,
    start: str | None,
    end: str | None,
    lab: str | None,
    engine: str | None,
    file: Path | None,
    language: Language,
) -> None:
    """Walk a lab through the stages and back, and say what each step costs.

    Each step is made as production would be changed, with packets every 10 ms on the main flows and people's journeys
    round and round; a stage is left forward only if all its checks pass, and on the way back each stage is compared
    with what it was. The lab is the one that is up, else a fresh one that is taken down again. All that was seen is
    also in the run's directory. Exit codes: 0 all as it must be, 1 something is not, 2 wrong input, 3 not measured.
    """
    require_root()
    if file is not None and not file.absolute().parent.is_dir():
        raise WrongInput("there is no such directory", where=file.absolute().parent, hint="make it first")
    with Screen() as screen:
        told = Told(screen.phase, screen.met)
        with _lab(lab, start, end, engine, told) as (found, begin, turn):
            done = _rehearse(found, begin, turn, told)
            kept = results.keep(found.record, "rehearsal", as_data(done))
    click.echo(table(done, language))
    click.echo(ALL_OF_IT.of(language).format(kept))
    if file is not None:
        write_json(file, as_data(done))
    ctx.exit(EXIT[done.outcome()])


@contextmanager
def _lab(
    name: str | None, start: str | None, end: str | None, engine: str | None, told: Told
) -> Iterator[tuple[Lab, str, str]]:
    """The lab, and the stages to begin and to turn at. All that is wrong is said before a lab is brought up or moved."""
    if name is None and not record.names():
        project = Project.find()
        begin, turn = stages(plans.load(project.plan_file), start, end, "")
        wanted = Wanted(project, project.topology_file, begin, f"rehearse-{os.getpid()}")
        with own_lab(wanted, find_engine(engine), told) as fresh:
            yield fresh, begin, turn
        return
    standing = Lab.attach(which(name))
    require_at_rest(standing)
    if engine and standing.engine.name != engine:
        raise WrongInput(f"lab {standing.name} is on {standing.engine.name}", where="--engine", hint="leave it out")
    assert standing.plan
    yield (standing, *stages(standing.plan, start, end, standing.stage))


def stages(plan: Plan, start: str | None, end: str | None, at: str) -> tuple[str, str]:
    """Where to begin and to turn; ``at`` is the stage of the lab that is up, empty where none is.

    Raises ``WrongInput`` for a stage that is none, and where both are the same.
    """
    names = plan.stage_names()
    for option, stage in (("--from", start), ("--to", end)):
        if stage is not None and stage not in names:
            raise WrongInput(f"there is no stage {stage!r}", where=option, hint="stages: " + ", ".join(names))
    begin, turn = start or at or names[0], end or names[-1]
    if begin == turn:
        raise WrongInput(f"the rehearsal would go from {begin} to {turn}", where="--to", hint="name another stage")
    return begin, turn


def _rehearse(lab: Lab, begin: str, turn: str, told: Told) -> Rehearsal:
    """A lab that is at another stage goes where it begins first, and back afterwards; neither counts."""
    assert lab.plan
    was = lab.stage
    limits = Limits.of(catalogue.targets(Path(lab.record.project) / "configs" / "targets.yml"))
    if was != begin:
        walk(lab, begin, told)
    topology = labs.subject(lab)["topology"]
    with RunDirectory(Path(lab.record.run)).history(f"rehearsal-{os.getpid()}") as history:
        done = Rehearser(lab, lab.plan, history, known(lab), limits, told, topology, hears=_said(limits)).run(turn)
    if was != begin and not done.error:
        walk(lab, was, told)
    return done


def _said(limits: Limits) -> Callable[[StepSeen], None]:
    def hears(step: StepSeen) -> None:
        lost = sum(each.fate == "lost" for each in step.journeys)
        worst = max((each.outage_ms for each in step.stretches), default=0.0)
        click.echo(
            f"{step.name}: {step.outcome(limits)}, {step.converged_s:.1f} s, out for {worst:.0f} ms at most, "
            f"{lost} of {len(step.journeys)} journeys lost",
            err=True,
        )

    return hears
