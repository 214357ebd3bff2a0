"""``v6lab exec``."""

from __future__ import annotations

import click

from harness.cli import completing
from harness.cli.options import Seconds, attach, lab_option


@click.command(context_settings={"ignore_unknown_options": True})
@lab_option
@click.argument("node", shell_complete=completing.nodes)
@click.argument("argv", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--timeout", type=Seconds(), metavar="SECONDS", default=30.0, show_default=True, help="Seconds.")
@click.pass_context
def command(ctx: click.Context, lab: str | None, node: str, argv: tuple[str, ...], timeout: float) -> None:
    """Run ARGV in NODE and exit with its code."""
    done = attach(lab).exec(node, *argv, timeout=timeout)
    click.echo(done.out, nl=False)
    click.echo(done.err, nl=False, err=True)
    ctx.exit(done.code)
