"""``v6lab plan``."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator

import click
from rich.console import Console

from harness.cli.options import json_option
from harness.errors import EXIT_WRONG_INPUT
from harness.lab.lab import variables
from harness.lab.project import Project
from harness.plan import lint as plan_lint
from harness.plan import load as plans
from harness.plan import show
from harness.render import match
from harness.topology.load import load as load_topology


@click.group()
def command() -> None:
    """The address plan, configs/plan.yml."""


@command.command("lint")
@click.pass_context
def lint(ctx: click.Context) -> None:
    """Check the plan, alone and against the topology. Exit 2 if anything is wrong."""
    project = Project.find()
    plan = plans.load(project.plan_file)
    topology = load_topology(project.topology_file, variables(project.root))
    findings = plan_lint.sort([*plan_lint.lint(plan), *match.mismatches(plan, topology)], plan)
    for finding in findings:
        line = plan_lint.line_of(plan, finding.key)
        click.echo(f"{plan.file}:{line}: {finding.key}: {finding.what}\n  → {finding.hint}")
    if findings:
        ctx.exit(EXIT_WRONG_INPUT)
    click.echo(f"{plan.file}: {len(plan.lans)} LANs, {len(plan.links)} links, {len(plan.services)} services: sound")


@command.command("show")
@json_option
def shown(as_json: bool) -> None:
    """The plan as tables: what is used and what is left, LANs, pools, links, translators, stages.

    Columns that a narrow terminal has no room for are left out, and named; a pipe gets them all.
    """
    plan = plans.load(Project.find().plan_file)
    if as_json:
        click.echo(json.dumps({each.title: _rows(each) for each in show.tables(plan)}, indent=1, ensure_ascii=False))
        return
    width = Console().width
    left_out: list[str] = []
    for whole in show.tables(plan):
        part = whole.fitting(width) if sys.stdout.isatty() else whole
        left_out += [f"{column.head} of {whole.title}" for column in whole.columns if column not in part.columns]
        click.echo("\n".join(_lines(part)) + "\n")
    click.echo(textwrap.fill(show.legend(plan), width))
    if left_out:
        told = f"no room here for: {', '.join(left_out)} (a wider window or a pipe shows them)"
        click.echo(textwrap.fill(told, width, break_on_hyphens=False))


def _rows(table: show.Shown) -> list[dict[str, str]]:
    heads = [column.head for column in table.columns]
    return [dict(zip(heads, row, strict=True)) for row in table.rows]


def _lines(table: show.Shown) -> Iterator[str]:
    """A table as lines; title and heads set off where the terminal can."""
    heads = tuple(column.head for column in table.columns)
    widths = [max(map(len, cells)) for cells in zip(heads, *table.rows, strict=True)]
    yield click.style(table.title, bold=True)
    yield click.style(_line(heads, widths), dim=True)
    yield from (_line(row, widths) for row in table.rows)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
