"""``v6lab diff``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli import completing
from harness.cli.options import topology_option
from harness.errors import WrongInput
from harness.lab.lab import variables
from harness.lab.project import Project
from harness.plan import load as plans
from harness.render.diff import diff
from harness.render.render import render
from harness.topology.load import load as load_topology


@click.command()
@topology_option
@click.argument("old", shell_complete=completing.stages)
@click.argument("new", shell_complete=completing.stages)
@click.option("--node", metavar="NODE", help="Only this node.")
@click.option("--names", is_flag=True, help="Only the files' names.")
def command(topology: Path | None, old: str, new: str, node: str | None, names: bool) -> None:
    """What stage NEW has otherwise than stage OLD, file by file, as a unified diff."""
    project = Project.find()
    plan = plans.load(project.plan_file)
    found = load_topology(topology or project.topology_file, variables(Path(".render")))
    if node is not None and node not in found.nodes:
        raise WrongInput(f"there is no node {node!r}", where="--node", hint="nodes: " + ", ".join(found.nodes))
    trees = [render(found, plan, project.configs, stage) for stage in (old, new)]
    changes = [change for change in diff(*trees) if node in (None, change.node)]
    for change in changes:
        click.echo(f"{change.node}:{change.path}" if names else change.unified(), nl=names)
    click.echo(f"{len(changes)} files of {len({change.node for change in changes})} nodes differ", err=True)
