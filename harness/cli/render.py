"""``v6lab render``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli import completing
from harness.cli.options import topology_option
from harness.errors import WrongInput, usable
from harness.lab.lab import variables
from harness.lab.project import DEFAULT_STAGE, Project
from harness.plan import lint as plan_lint
from harness.plan import load as plans
from harness.render import match, tree
from harness.render.render import render
from harness.render.stages import Stack
from harness.topology import lint
from harness.topology.load import load as load_topology


@click.command()
@topology_option
@click.option(
    "--stage", "-s", shell_complete=completing.stages, default=DEFAULT_STAGE, show_default=True, metavar="STAGE"
)
@click.option("--out", "-o", type=click.Path(path_type=Path, file_okay=False), help="Where to. Default: .render")
@click.option("--why", metavar="NODE:PATH", help="Say where a file of a node comes from instead of writing anything.")
def command(topology: Path | None, stage: str, out: Path | None, why: str | None) -> None:
    """Write the node trees of a stage: what each node finds on its disk.

    `containerlab deploy -t topologies/pilot.clab.yml` finds them in .render by itself.
    """
    project = Project.find()
    plan = plans.load(project.plan_file)
    out = out or project.root / ".render"
    found = load_topology(topology or project.topology_file, variables(out))
    if why:
        click.echo(_why(project, plan.stage_names(), stage, {n: s.role for n, s in found.nodes.items()}, why))
        return
    lint.check(found)
    plan_lint.check(plan)
    match.check(plan, found)
    trees = render(found, plan, project.configs, stage)
    _refuse_foreign(out)
    with usable(out):
        tree.write(trees, out)
    files = sum(len(each.files) for each in trees.values())
    click.echo(f"{len(trees)} node trees, {files} files of stage {stage} in {out}")


def _refuse_foreign(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()) and not (out / tree.MARKER).exists():
        raise WrongInput("is not empty and holds no node trees", where=out, hint="name an empty or a new directory")


def _why(project: Project, stages: tuple[str, ...], stage: str, roles: dict[str, str], why: str) -> str:
    node, _, path = why.partition(":")
    if node not in roles:
        raise WrongInput(f"there is no node {node!r}", where="--why", hint="nodes: " + ", ".join(roles))
    stack = Stack.at(project.configs.stages, stages, stage)
    path = path.lstrip("/")
    if path not in stack.paths(node, roles[node]):
        known = "\n    ".join(stack.paths(node, roles[node]))
        raise WrongInput(f"no stage gives {node} a file {path!r}", where="--why", hint=f"files:\n    {known}")
    lines = []
    for step in stack.walk(node, roles[node], path):
        verdict = f"← {step.found.name}" if step.found else "–"
        lines.append(f"{step.stage}/{step.place}/{path}  {verdict}")
    return "\n".join(lines)
