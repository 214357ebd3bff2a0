"""``v6lab drill``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli import completing
from harness.cli.options import attach, lab_option, lang_option, write_json
from harness.drill import catalogue, summary
from harness.drill.drill import Drilled, drill
from harness.drill.kinds import AnyDrill
from harness.errors import EXIT_FAIL, WrongInput, usable
from harness.history import results
from harness.history.run import RunDirectory
from harness.lab.project import Project
from harness.language import OUTCOMES, Language, Text
from harness.plan import load as plans
from harness.suite import catalogue as requirements

END = Text("{}: {} ({} lần lặp)", "{}: {} ({} repetitions)")


@click.command()
@click.argument("drill_id", metavar="ID", required=False, shell_complete=completing.drills)
@click.option("--list", "listed", is_flag=True, help="The drills that there are.")
@click.option("--repeat", metavar="N", type=click.IntRange(min=1), default=1, show_default=True, help="So many times.")
@click.option(
    "--json", "file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write all there."
)
@lab_option
@lang_option("en")
@click.pass_context
def command(
    ctx: click.Context,
    drill_id: str | None,
    listed: bool,
    repeat: int,
    file: Path | None,
    lab: str | None,
    language: Language,
) -> None:
    """Break what drill ID says on a running lab, measure who notices and how long traffic is out, mend it again.

    Exit code 1 if a target is missed or anything is left behind, 3 if the drill proves nothing.
    """
    project = Project.find()
    targets = requirements.targets(project.root / "configs" / "targets.yml")
    stages = plans.load(project.plan_file).stage_names()
    drills = catalogue.read_all(project.root / "configs" / "drills", stages, targets)
    if listed:
        for each in drills.values():
            click.echo(f"{each.id:<5} {each.vi} / {each.en} (from {each.since})")
        return
    if drill_id not in drills:
        what = f"there is no drill {drill_id!r}" if drill_id else "which drill?"
        raise WrongInput(what, where="ID", hint="drills: " + ", ".join(drills))
    if file is not None:
        with usable(file):
            file.touch()
    found = _run(lab, drills[drill_id], repeat, targets)
    _tell(found, targets, language)
    if file is not None:
        write_json(file, found.as_data(targets))
    if found.error:
        raise found.error
    if found.outcome(targets) != "pass":
        ctx.exit(EXIT_FAIL)


def _run(name: str | None, wanted: AnyDrill, repeat: int, targets: dict[str, float]) -> Drilled:
    lab = attach(name)
    if lab.plan is None:
        raise WrongInput("a drill needs a plan", where=lab.record.topology)
    click.echo(f"{wanted.id} {wanted.vi} / {wanted.en}", err=True)
    with RunDirectory(Path(lab.record.run)).history(f"drill-{wanted.id}") as history:
        found = drill(lab, lab.plan, wanted, repeat, history, lambda line: click.echo(line, err=True))
    results.keep(lab.record, "drill", found.as_data(targets))
    return found


def _tell(found: Drilled, targets: dict[str, float], language: Language) -> None:
    if found.repetitions:
        click.echo(summary.table(found.rows(targets), language))
    for line in found.findings():
        click.echo(line)
    outcome = OUTCOMES[found.outcome(targets)].of(language)
    click.echo(END.of(language).format(found.drill.id, outcome, len(found.repetitions)))
