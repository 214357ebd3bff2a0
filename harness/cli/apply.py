"""``v6lab apply``."""

from __future__ import annotations

import click

from harness.cli.options import attach, lab_option
from harness.cli.progress import Screen
from harness.lab.converge import Told
from harness.lab.walk import walk


@click.command()
@lab_option
@click.option("--stage", "-s", required=True, metavar="STAGE", help="The stage to take the lab to.")
def command(lab: str | None, stage: str) -> None:
    """Take the running lab to a stage, one stage at a time, forward or back.

    Each step goes round as production would be changed: fences, paths, services, openings, hosts, reverse zones,
    forward zones; backward the other way round. A step that was broken off leaves the lab *between*: the same command
    finishes it, and with the stage that it came from takes it back.
    """
    found = attach(lab)
    with Screen() as screen:
        steps = walk(found, stage, Told(screen.phase, screen.met))
    for step in steps:
        click.echo(
            f"{step.name}: {step.files} files, laid in {step.laid_s:.1f} s, converged in {step.converged_s:.1f} s"
        )
    click.echo(f"lab {found.name} is at stage {found.stage}" + ("" if steps else " already"))
