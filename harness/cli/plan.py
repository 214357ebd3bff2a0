"""``v6lab plan``."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.table import Table

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
def shown() -> None:
    """The plan as tables: blocks with what is used and what is left, LANs, links, stages."""
    plan = plans.load(Project.find().plan_file)
    console = Console(emoji=False, width=None if sys.stdout.isatty() else 220)
    for title, columns, rows in show.tables(plan):
        table = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)
        for row in rows:
            table.add_row(*row)
        console.print(table)
        console.print()
