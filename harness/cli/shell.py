"""``v6lab shell``."""

from __future__ import annotations

import os

import click

from harness.cli import completing
from harness.cli.options import attach, lab_option
from harness.errors import WrongInput


@click.command()
@lab_option
@click.argument("node", shell_complete=completing.nodes)
def command(lab: str | None, node: str) -> None:
    """A shell in NODE, on this terminal."""
    found = attach(lab)
    argv = getattr(found.engine, "shell_argv", None)
    if argv is None:
        raise WrongInput(f"engine {found.engine.name} gives no shell", hint="v6lab exec NODE sh -c '…'")
    words = argv(found.name, found.node(node).name)
    os.execvp(words[0], words)
