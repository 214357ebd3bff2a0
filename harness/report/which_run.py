"""Which run somebody means: a directory, a lab's name, or nothing at all for the newest."""

from __future__ import annotations

from pathlib import Path

from harness.errors import WrongInput
from harness.history.run import LATEST, RunDirectory

DESKS = "exercises"
"""Below ``runs``: the desks of trainees, whose labs take their runs with them."""


def which_run(runs: Path, given: str | None) -> Path:
    """The directory that is meant. Raises ``WrongInput`` where it names none."""
    if given is None:
        return newest(runs)
    path = Path(given)
    if path.is_dir():
        return path.resolve()
    if len(path.parts) == 1 and (runs / given / LATEST).is_dir():
        return RunDirectory.latest(runs, given).path
    there = ", ".join(labs(runs)) or "none"
    raise WrongInput(
        f"there is no run {given!r}",
        where="RUN",
        hint=f"give a run's directory (runs/<lab>/<time>) or the name of a lab that has one: {there}",
    )


def labs(runs: Path) -> tuple[str, ...]:
    """The labs that have left a run."""
    return tuple(sorted(each.parent.name for each in runs.glob(f"*/{LATEST}") if each.is_dir()))


def newest(runs: Path) -> Path:
    """The newest run of any lab, by the name that its time gave it. Raises ``WrongInput`` where there is none."""
    found = [(runs / lab / LATEST).resolve() for lab in labs(runs)]
    if not found:
        raise WrongInput("no lab has left a run yet", where=runs, hint="v6lab up begins one")
    return max(found, key=lambda each: (each.name, each.parent.name))
