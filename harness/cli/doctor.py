"""``v6lab doctor``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from harness.cli.options import json_option
from harness.engine import machine
from harness.engine.machine import Capability

PIPE_COLUMNS = 320
"""Width where the output is no terminal: a row stays a line for the program that reads it."""


@click.command()
@json_option
def command(as_json: bool) -> None:
    """What this machine has and lacks, and what each lack costs. A lack is no error: the exit code is 0."""
    found = machine.examine()
    if as_json:
        click.echo(json.dumps([asdict(capability) for capability in found], indent=1))
        return
    Console(emoji=False, markup=False, highlight=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS).print(
        _table(found)
    )


def _table(capabilities: Sequence[Capability]) -> Table:
    table = Table("capability", "present", "detail", "cost of its lack", box=None, pad_edge=False)
    for capability in capabilities:
        table.add_row(capability.name, "yes" if capability.present else "no", capability.detail, capability.cost)
    return table
