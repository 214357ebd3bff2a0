"""``v6lab draw``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from harness.cli import completing
from harness.cli.options import graphviz_for, lang_option, topology_option
from harness.errors import WrongInput, usable
from harness.lab.lab import variables
from harness.lab.project import DEFAULT_STAGE, Project
from harness.language import Language
from harness.plan import lint as plan_lint
from harness.plan import load as plans
from harness.report.drawing.graphviz import laid_out
from harness.report.drawing.mermaid import mermaid
from harness.report.drawing.model import Drawing, State, node_id
from harness.report.drawing.page import page
from harness.report.drawing.picture import picture
from harness.report.drawing.svg import svg
from harness.report.estate import marked
from harness.report.report import Report, report
from harness.report.which_run import which_run
from harness.topology import lint
from harness.topology.load import load as load_topology

FORMATS: Mapping[str, str] = {"svg": ".svg", "html": ".html", "mermaid": ".mmd"}
"""Format → how its files' names end."""


@click.command()
@topology_option
@click.option(
    "--stage",
    "-s",
    shell_complete=completing.stages,
    metavar="STAGE",
    help=f"The stage. Default: the run's, else {DEFAULT_STAGE}.",
)
@click.option("--against", metavar="STAGE", help="Mark what changes against this stage. Default: the one before.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="Default: as FILE's name ends, else svg.")
@click.option("--out", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Default: print it.")
@click.option("--run", metavar="RUN", shell_complete=completing.runs, help="Mark what a run found red or could not measure: its directory, or a lab's name.")  # fmt: skip
@lang_option()
def command(
    topology: Path | None,
    stage: str | None,
    against: str | None,
    form: str | None,
    out: Path | None,
    run: str | None,
    language: Language,
) -> None:
    """Draw the network at a stage: zones, nodes, which family is on which link and LAN, and what the stage changes.

    Mermaid needs nothing else; svg and html are laid out by Graphviz.
    """
    project = Project.find()
    plan = plans.load(project.plan_file)
    found = load_topology(topology or project.topology_file, variables(Path(".render")))
    lint.check(found)
    plan_lint.check(plan)
    seen = report([which_run(project.runs, run)]) if run else None
    stage = _stage(stage, seen)
    states = {node_id(name): state for name, state in marked(seen, tuple(found.nodes)).items()} if seen else {}
    drawn = _text(picture(found, plan, stage, against, language), form or _form_of(out), states)
    if out is None:
        click.echo(drawn, nl=False)
        return
    with usable(out):
        out.write_text(drawn, encoding="utf-8")
    click.echo(f"{out}: {len(found.nodes)} nodes, {len(found.links)} links at stage {stage}")


def _stage(asked: str | None, seen: Report | None) -> str:
    if seen and asked and asked != seen.stage:
        hint = "leave --stage out, or name a run of that stage"
        raise WrongInput(f"the run is of stage {seen.stage or 'none'}", where="--stage", hint=hint)
    return asked or (seen.stage if seen else "") or DEFAULT_STAGE


def _form_of(out: Path | None) -> str:
    return next((form for form, ending in FORMATS.items() if out and out.suffix == ending), "svg")


def _text(drawing: Drawing, form: str, states: Mapping[str, State]) -> str:
    if form == "mermaid":
        return mermaid(drawing, states)
    with graphviz_for("v6lab draw", "; --format mermaid does without"):
        laid = laid_out(drawing)
    return svg(drawing, laid, states) if form == "svg" else page(drawing, laid, states)
