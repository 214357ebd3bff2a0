"""``v6lab down``."""

from __future__ import annotations

import click

from harness.cli import completing
from harness.cli.options import engine_option
from harness.engine import clab_record
from harness.errors import EXIT_NOT_MEASURED, LabFailed, MissingCapability
from harness.lab import record
from harness.lab.engines import ENGINES
from harness.lab.engines import engine as find_engine
from harness.lab.up import down


@click.command()
@click.argument("name", required=False, shell_complete=completing.labs)
@click.option("--all", "every", is_flag=True, help="Every lab of this machine.")
@engine_option
@click.pass_context
def command(ctx: click.Context, name: str | None, every: bool, engine: str | None) -> None:
    """Take a lab down, whatever state it is in: also one whose `up` was killed. Default: the pilot, or the only one."""
    names = record.names()
    if every:
        names = tuple(sorted({*names, *clab_record.names()}))
    else:
        names = (name,) if name is not None else (names[:1] if len(names) == 1 else ("pilot",))
    known = {*record.names(), *clab_record.names()}
    left = [line for each in names for line in _down(each, engine)]
    for line in left:
        click.echo(f"still there: {line}", err=True)
    if left:
        ctx.exit(EXIT_NOT_MEASURED)
    gone = [each for each in names if each in known]
    click.echo("down: " + (", ".join(gone) or _nothing(names)))


def _nothing(names: tuple[str, ...]) -> str:
    return f"nothing was up ({', '.join(names)})" if names else "nothing was up"


def _down(name: str, engine: str | None) -> tuple[str, ...]:
    """By the engine named, by the one that the lab's record names, else by every engine that this machine has."""
    left: list[str] = []
    engines = (engine,) if engine else _engines(name)
    for each in engines:
        try:
            left += down(find_engine(each), name)
        except MissingCapability:
            if len(engines) == 1:  # it is known to be there, and cannot be taken away without this
                raise
    return tuple(left)


def _engines(name: str) -> tuple[str, ...]:
    if name in clab_record.names():
        return ("containerlab",)
    try:
        return (record.read(name).engine,)
    except LabFailed:
        return tuple(ENGINES)
