"""Options that several commands share."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from harness.cli import completing
from harness.errors import MissingCapability, WrongInput, usable
from harness.lab import record
from harness.lab.lab import Lab
from harness.language import LANGUAGES, Language

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Seconds(click.FloatRange):
    """A stretch of time: more than nothing, and not for ever."""

    name = "number of seconds"

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; the command line is told what is wrong with anything else."""
        seconds: float = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"{value!r} is no number of seconds.", param, ctx)
        return seconds


lab_option: Decorator = click.option(
    "--lab", "-l", metavar="NAME", shell_complete=completing.labs, help="The lab; needed only where several are up."
)
json_option: Decorator = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
engine_option: Decorator = click.option(
    "--engine", metavar="NAME", help="embedded (default) or containerlab; also V6LAB_ENGINE."
)


def lang_option(default: Language = "vi", more: str = "") -> Decorator:
    """``--lang``: Vietnamese unless other programs read it too; whoever wants one for all commands says it once."""
    return click.option(
        "--lang",
        "language",
        type=click.Choice(LANGUAGES),
        default=default,
        envvar="V6LAB_LANG",
        show_default=True,
        help=f"The language; also V6LAB_LANG.{more}",
    )


topology_option: Decorator = click.option(
    "--topology",
    "-t",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A containerlab file. Default: topologies/pilot.clab.yml.",
)


@contextmanager
def graphviz_for(command: str, otherwise: str = "") -> Iterator[None]:
    """Draw in it: a Graphviz that is not here is the user's to install. Raises ``WrongInput``."""
    try:
        yield
    except MissingCapability as error:
        hint = "as root: make setup, or apt-get install graphviz"
        raise WrongInput(f"{error.capability} is not here", where=command, hint=hint + otherwise) from error


def which(name: str | None) -> str:
    """The lab that is meant: the one named, or the only one that is up."""
    if name is not None:
        record.require(name)
        return name
    labs = record.names()
    if len(labs) == 1:
        return labs[0]
    if not labs:
        raise WrongInput("no lab is up", hint="v6lab up")
    raise WrongInput("several labs are up", where="--lab", hint="name one of: " + ", ".join(labs))


def attach(name: str | None) -> Lab:
    """The handle of the lab that is meant."""
    return Lab.attach(which(name))


def write_json(file: Path, data: object) -> None:
    """Write a result for other programs. Raises ``WrongInput`` if it cannot be written."""
    with usable(file):
        file.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
