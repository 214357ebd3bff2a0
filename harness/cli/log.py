"""``v6lab log``."""

from __future__ import annotations

import click

from harness.cli import completing
from harness.cli.options import attach, lab_option
from harness.errors import WrongInput

DIRECTORIES = ("var/log/v6lab", "var/log/frr", "var/log")


@click.command()
@lab_option
@click.argument("node", shell_complete=completing.nodes)
@click.argument("service", required=False)
@click.option(
    "--lines", "-n", type=click.IntRange(min=1), default=50, show_default=True, help="The last so many lines."
)
def command(lab: str | None, node: str, service: str | None, lines: int) -> None:
    """What NODE has logged; with SERVICE only the files whose name contains it."""
    root = attach(lab).node(node).root
    files = sorted(
        {
            path
            for directory in DIRECTORIES
            for path in (root / directory).rglob("*")
            if path.is_file() and (not service or service in path.name) and path.stat().st_size
        }
    )
    if not files and service:
        raise WrongInput(f"node {node} has no log of {service!r}", hint=f"v6lab log {node} lists all that it has")
    for path in files:
        click.echo(f"==> /{path.relative_to(root)} <==")
        text = path.read_text(errors="replace").splitlines()
        click.echo("\n".join(text[-lines:]))
