"""``v6lab up``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli import completing
from harness.cli.options import Seconds, engine_option, topology_option
from harness.cli.progress import Screen
from harness.errors import WrongInput
from harness.lab.converge import CONVERGE_SECONDS, Told
from harness.lab.engines import engine as find_engine
from harness.lab.project import DEFAULT_STAGE, Project
from harness.lab.up import Wanted, up


@click.command()
@topology_option
@click.option(
    "--stage",
    "-s",
    shell_complete=completing.stages,
    metavar="STAGE",
    help=f"The stage to come up at. Default: {DEFAULT_STAGE}.",
)
@click.option("--name", "-n", metavar="NAME", help="The lab's name. Default: the topology's.")
@engine_option
@click.option("--image", metavar="REF", help="Stands in for the images that the file names (v6lab/node:trixie).")
@click.option(
    "--wait",
    type=Seconds(),
    metavar="SECONDS",
    help=f"Seconds to convergence at most. Default: {CONVERGE_SECONDS:.0f}; -t: twice.",
)
def command(
    topology: Path | None,
    stage: str | None,
    name: str | None,
    engine: str | None,
    image: str | None,
    wait: float | None,
) -> None:
    """Bring a lab up and wait until it has converged.

    Without -t it is the pilot estate at a stage of the plan; with -t FILE it is anyone's containerlab file of linux
    nodes (a stage is then used only if it is named).
    """
    project = Project.find()
    file = topology or project.topology_file
    planned = topology is None or _is_own(project, topology)
    if stage and not planned:
        raise WrongInput("only topologies of the project have stages", where="--stage", hint="leave it out")
    wanted = Wanted(project, file, (stage or DEFAULT_STAGE) if planned else None, name, image)
    if wait is None:  # somebody's OSPF may wait 40 s for a designated router (RFC 2328 appendix C.3)
        wait = CONVERGE_SECONDS if planned else 2 * CONVERGE_SECONDS
    with Screen() as screen:
        lab = up(wanted, find_engine(engine), Told(screen.phase, screen.met), wait=wait)
    stage_text = f" at stage {lab.stage}" if lab.stage else ""
    click.echo(
        f"lab {lab.name} is up{stage_text}: {len(lab.nodes)} nodes, converged in {lab.record.converged_s} s "
        f"({lab.engine.name} engine)"
    )
    looks = "v6lab watch · " if lab.plan else ""
    click.echo(f"next: v6lab status · {looks}v6lab shell {next(iter(lab.nodes))} · pytest tests/checks · make lab-down")
    if lab.plan:
        click.echo("new here: docs/first-hour.md (docs/first-hour.vi.md)")


def _is_own(project: Project, topology: Path) -> bool:
    return topology.resolve().parent == project.root / "topologies"
