"""``v6lab apply``."""

from __future__ import annotations

import click

from harness.cli import completing
from harness.cli.options import attach, lab_option
from harness.cli.progress import Screen
from harness.errors import require_root
from harness.lab.converge import Told
from harness.lab.walk import Step, walk


@click.command()
@click.option(
    "--stage", "-s", shell_complete=completing.stages, required=True, metavar="STAGE", help="The stage to go to."
)
@lab_option
def command(stage: str, lab: str | None) -> None:
    """Take a running lab to a stage of the plan, one stage at a time, as production would be changed.

    What protects comes first and what people are told last; on the way back it is the other way round. A step that was
    broken off leaves the lab between two stages: going to the one finishes it, going to the other takes it back.
    """
    require_root()
    found = attach(lab)
    made: list[Step] = []
    with Screen() as screen:
        walk(found, stage, Told(screen.phase, screen.met), made.append)
    for step in made:
        click.echo(
            f"{step.name}: {step.files} files, taken over in {step.laid_s:.1f} s, converged in {step.converged_s:.1f} s"
        )
    click.echo(f"lab {found.name} is at stage {found.stage}" + ("" if made else ": nothing was to be done"))
