"""``v6lab nodes``."""

from __future__ import annotations

import json
import sys

import click
from rich.console import Console
from rich.table import Table

from harness.cli.options import attach, json_option, lab_option
from harness.lab.lab import Lab
from harness.plan import derive
from harness.plan.model import FAMILIES


@click.command()
@lab_option
@json_option
def command(lab: str | None, as_json: bool) -> None:
    """The nodes of a lab: role, state and planned addresses."""
    found = attach(lab)
    rows = [_row(found, name) for name in found.nodes]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    table = Table("node", "role", "state", "IPv6", "IPv4", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row["name"], row["role"], row["state"], row["ipv6"] or "", row["ipv4"] or "")
    Console(emoji=False, width=None if sys.stdout.isatty() else 220).print(table)


def _row(lab: Lab, name: str) -> dict[str, str | None]:
    node = lab.nodes[name]
    addresses = {family: derive.address(lab.plan, name, family, lab.stage) if lab.plan else None for family in FAMILIES}
    row: dict[str, str | None] = {"name": name, "role": node.role, "state": node.state}
    return row | {f"ipv{family}": str(address) if address else None for family, address in addresses.items()}
