"""What the shell may complete: names that are there. Never an error: a shell that completes is no place for one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from harness.errors import HarnessError

Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def _completer(names: Callable[[click.Context], Iterable[str]]) -> Completer:
    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        try:
            return [each for each in names(ctx) if each.startswith(incomplete)]
        except (HarnessError, OSError):
            return []

    return complete


def _labs(ctx: click.Context) -> Iterable[str]:
    from harness.lab import record

    return record.names()


def _stages(ctx: click.Context) -> Iterable[str]:
    from harness.lab.project import Project
    from harness.plan import load

    return load.load(Project.find().plan_file).stage_names()


def _nodes(ctx: click.Context) -> Iterable[str]:
    from harness.cli.options import attach

    return attach(ctx.params.get("lab")).nodes


def _files(directory: str) -> Callable[[click.Context], Iterable[str]]:
    """The names of the YAML files of a folder of the project, which are the ids of what is in them."""

    def names(ctx: click.Context) -> Iterable[str]:
        from harness.lab.project import Project

        return sorted(each.stem for each in (Project.find().root / directory).glob("*.yml"))

    return names


def _exercises(ctx: click.Context) -> Iterable[str]:
    from harness.lab.project import Project

    return sorted(each.name for each in (Project.find().root / "exercises").iterdir() if each.is_dir())


def _runs(ctx: click.Context) -> Iterable[str]:
    from harness.lab.project import Project
    from harness.report.which_run import labs

    return labs(Project.find().runs)


labs, stages, nodes = _completer(_labs), _completer(_stages), _completer(_nodes)
drills, faults = _completer(_files("configs/drills")), _completer(_files("configs/faults"))
exercises, runs = _completer(_exercises), _completer(_runs)
