"""What is known of a lab between two commands: one JSON file in the lab's state directory."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from harness.engine.embedded.state import is_own, of
from harness.errors import LabFailed, WrongInput, unusable, usable

State = Literal["starting", "at", "between"]

STATE_VARIABLE, STATE_DEFAULT = "V6LAB_STATE", "/run/v6lab"
FILE = "stage.json"


@dataclass(frozen=True, slots=True)
class Record:
    """A lab: what it was made of and where it stands. ``stage`` and ``plan`` are empty for a lab without a plan.

    ``trees`` is the directory of node trees that its nodes have, ``digest`` their hash; ``drawn`` is the hash of the
    topology as it was read; ``cause`` says why a
    lab is *between* two stages; ``converged_s`` counts from the command to convergence, ``None`` before.
    """

    lab: str
    engine: str
    topology: str
    stage: str
    state: State
    trees: str
    run: str
    digest: str
    plan: str = ""
    project: str = ""
    drawn: str = ""
    cause: str = ""
    converged_s: float | None = None

    def at(self, seconds: float) -> Record:
        """The same lab, converged."""
        return replace(self, state="at", cause="", converged_s=round(seconds, 2))

    def between(self, cause: str) -> Record:
        """The same lab while something is being laid over it, or after that failed."""
        return replace(self, state="between", cause=cause, converged_s=None)


def directory() -> Path:
    """Where the labs of this machine keep their state, one directory each."""
    return Path(os.environ.get(STATE_VARIABLE) or STATE_DEFAULT).absolute()


def save(record: Record) -> None:
    """Write the record, whole or not at all. Raises ``WrongInput`` where that cannot be."""
    target = directory() / record.lab / FILE
    fresh = target.with_suffix(".new")
    with usable(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(asdict(record), indent=1, ensure_ascii=False), encoding="utf-8")
        fresh.replace(target)


def read(lab: str) -> Record:
    """The record of a lab. Raises ``LabFailed`` if no such lab is up, ``WrongInput`` for one that is another user's."""
    try:
        return Record(**json.loads((directory() / lab / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        up = ", ".join(names()) or "none"
        raise LabFailed(f"lab {lab} is not up (labs that are: {up})") from error
    except PermissionError as error:
        raise unusable(error) from error
    except (OSError, ValueError, TypeError) as error:
        raise LabFailed(f"the record of lab {lab} cannot be read: {error}") from error


def require(lab: str, option: str = "--lab") -> None:
    """Raise ``WrongInput`` if there is nothing at all of a lab of that name."""
    of(lab)
    if lab not in (up := names()):
        hint = f"labs that are up: {', '.join(up)}" if up else "no lab is up: v6lab up brings one up"
        raise WrongInput(f"there is no lab {lab!r}", where=option, hint=hint)


def forget(lab: str) -> None:
    """Remove the record, and the lab's state directory where nothing else is in it. No record is no error."""
    target = directory() / lab / FILE
    with suppress(OSError):
        target.unlink(missing_ok=True)
        target.parent.rmdir()
        target.parent.parent.rmdir()


def names() -> tuple[str, ...]:
    """The labs that have a state directory."""
    root = directory()
    return tuple(sorted(path.name for path in root.iterdir() if is_own(path))) if root.is_dir() else ()
