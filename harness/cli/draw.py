"""``v6lab draw``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from harness.cli import completing
from harness.cli.options import lang_option, topology_option
from harness.errors import MissingCapability, WrongInput, usable
from harness.lab.lab import variables
from harness.lab.project import DEFAULT_STAGE, Project
from harness.language import Language
from harness.plan import lint as plan_lint
from harness.plan import load as plans
from harness.report.drawing.graphviz import laid_out
from harness.report.drawing.layout import Layout
from harness.report.drawing.mermaid import mermaid
from harness.report.drawing.model import Drawing
from harness.report.drawing.page import page
from harness.report.drawing.picture import picture
from harness.report.drawing.svg import svg
from harness.topology import lint
from harness.topology.load import load as load_topology

FORMATS: Mapping[str, str] = {"svg": ".svg", "html": ".html", "mermaid": ".mmd"}
"""Format → how its files' names end."""


@click.command()
@topology_option
@click.option(
    "--stage", "-s", shell_complete=completing.stages, default=DEFAULT_STAGE, show_default=True, metavar="STAGE"
)
@click.option("--against", metavar="STAGE", help="Mark what changes against this stage. Default: the one before.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="Default: as FILE's name ends, else svg.")
@click.option("--out", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Default: print it.")
@lang_option()
def command(
    topology: Path | None, stage: str, against: str | None, form: str | None, out: Path | None, language: Language
) -> None:
    """Draw the network at a stage: zones, nodes, which family is on which link and LAN, and what the stage changes.

    Mermaid needs nothing else; svg and html are laid out by Graphviz.
    """
    project = Project.find()
    plan = plans.load(project.plan_file)
    found = load_topology(topology or project.topology_file, variables(Path(".render")))
    lint.check(found)
    plan_lint.check(plan)
    drawn = _text(picture(found, plan, stage, against, language), form or _form_of(out))
    if out is None:
        click.echo(drawn, nl=False)
        return
    with usable(out):
        out.write_text(drawn, encoding="utf-8")
    click.echo(f"{out}: {len(found.nodes)} nodes, {len(found.links)} links at stage {stage}")


def _form_of(out: Path | None) -> str:
    return next((form for form, ending in FORMATS.items() if out and out.suffix == ending), "svg")


def _text(drawing: Drawing, form: str) -> str:
    if form == "mermaid":
        return mermaid(drawing)
    laid = _laid_out(drawing)
    return svg(drawing, laid) if form == "svg" else page(drawing, laid)


def _laid_out(drawing: Drawing) -> Layout:
    try:
        return laid_out(drawing)
    except MissingCapability as error:
        hint = "as root: make setup, or apt-get install graphviz; --format mermaid does without"
        raise WrongInput(f"{error.capability} is not here", where="v6lab draw", hint=hint) from error
