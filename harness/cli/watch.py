"""``v6lab watch``."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from harness.cli.options import attach, graphviz_for, lab_option, lang_option
from harness.drill import catalogue
from harness.errors import WrongInput, require_root
from harness.lab.project import Project
from harness.language import Language
from harness.plan import load as plans
from harness.suite import catalogue as requirements
from harness.watch import server
from harness.watch.app import Page
from harness.watch.board import Board
from harness.watch.collector import Collector
from harness.watch.drills import Drills, Listed
from harness.watch.guard import PARAMETER
from harness.watch.pictures import Pictures
from harness.watch.state import Standing, State


@click.command()
@lab_option
@click.option(
    "--port", "-p", type=click.IntRange(0, 65535), default=server.DEFAULT_PORT, show_default=True, metavar="PORT",
    help="On the loopback; 0 takes one that is free.",
)  # fmt: skip
@lang_option(more=" The page has a switch too.")
@click.option(
    "--verdicts", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Verdicts to show, as pytest --verdicts writes them. Default: verdicts.json of the lab's run.",
)  # fmt: skip
def command(lab: str | None, port: int, language: Language, verdicts: Path | None) -> None:
    """Serve a page on this machine that follows a lab: nodes and links, main flows, sessions, events, drills, verdicts.

    It prints the address to open, and serves until Ctrl-C. A drill can be started and stopped there, nothing else. From
    another machine: ssh -L PORT:127.0.0.1:PORT, and the same address.
    """
    require_root()
    found, project = attach(lab), Project.find()
    if found.plan is None:
        raise WrongInput("the page needs a plan", where=found.record.topology, hint="v6lab status shows such a lab")
    pictures = Pictures(found.topology, found.plan)
    with ExitStack() as stack:
        sockets = server.listen(port)
        for each in sockets:
            stack.callback(each.close)
        with graphviz_for("v6lab watch"):  # whatever it lacks is said before anything is served
            pictures.draw(found.stage, language)
        board = Board(State(Standing(found.name)))
        drills = Drills(found.name, _listed(project), found.plan.stage_names(), project.root, board.tell)
        stack.callback(drills.close)
        stack.enter_context(Collector(found.name, board, verdicts))
        token, bound = server.token(), sockets[0].getsockname()[1]
        page = Page(board, drills, pictures, found.plan, language, token, bound)
        address = f"http://127.0.0.1:{bound}/?{PARAMETER}={token}"
        server.serve(page, sockets, lambda: click.echo(address))
        if board.state.drill and board.state.drill.phase != "ended" and board.state.drill.ours:
            click.echo("ending the drill, which mends what it broke", err=True)


def _listed(project: Project) -> tuple[Listed, ...]:
    targets = requirements.targets(project.root / "configs" / "targets.yml")
    stages = plans.load(project.plan_file).stage_names()
    drills = catalogue.read_all(project.root / "configs" / "drills", stages, targets)
    return tuple(Listed(each.id, each.vi, each.en, each.since) for each in drills.values())
