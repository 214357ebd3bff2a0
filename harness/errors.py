"""The error tree. Every error that a user may see is one of these; the command line prints it as one message.

HarnessError
├── WrongInput          the user's input is wrong: file, line or key, what is wrong, what to do   exit 2
├── LabFailed           a lab could not be brought to, or kept in, the state that was asked for   exit 3
│   └── NotConverged    named conditions did not come true before the deadline                    exit 3
├── CannotMeasure       a measurement could not be made; never a pass and never a fail            exit 3
└── MissingCapability   this machine lacks something that has a name; the only reason to skip     exit 3
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

EXIT_PASS, EXIT_FAIL, EXIT_WRONG_INPUT, EXIT_NOT_MEASURED = 0, 1, 2, 3


class HarnessError(Exception):
    """Base of all errors that this package raises on purpose."""

    exit_code = EXIT_NOT_MEASURED


class WrongInput(HarnessError):
    """What the user gave (file, plan, stage, command line) cannot be used.

    ``where`` is the file or the option, ``key`` the path inside it (``topology.nodes.edge1.image``),
    ``line`` counts from 1, ``hint`` says what to do about it.
    """

    exit_code = EXIT_WRONG_INPUT

    def __init__(
        self,
        what: str,
        *,
        where: Path | str | None = None,
        line: int | None = None,
        key: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.what, self.where, self.line, self.key, self.hint = what, where, line, key, hint
        super().__init__(str(self))

    def __str__(self) -> str:
        place = "" if self.where is None else str(self.where)
        if self.line is not None:
            place += f":{self.line}"
        parts = [part for part in (place, self.key, self.what) if part]
        message = ": ".join(parts)
        return f"{message}\n  → {self.hint}" if self.hint else message


_ADVICE: Mapping[int, str] = {
    errno.ENOSPC: "make room there and try again",
    errno.EDQUOT: "make room there and try again",
    errno.EROFS: "it is read-only: name another place",
    errno.EACCES: "run it with sudo, or as root, or name another place",
    errno.EPERM: "run it with sudo, or as root, or name another place",
    errno.ENOTDIR: "a directory on the way there is a file: name another place",
    errno.ENAMETOOLONG: "use a shorter name",
}


def unusable(error: OSError, where: Path | str | None = None) -> WrongInput:
    """What the operating system says of a path that the user gave or chose, as one message: a full disk, a right that
    lacks. ``where`` is told where the error itself names no path."""
    path = error.filename2 or error.filename  # of a link and of a renaming the second is what is to be there
    place = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else where
    hint = _ADVICE.get(error.errno or 0, "correct the path, or name another place")
    return WrongInput(error.strerror or str(error), where=place, hint=hint)


@contextmanager
def usable(where: Path) -> Iterator[None]:
    """Whatever ``OSError`` comes out of the block is told as ``unusable`` tells it."""
    try:
        yield
    except OSError as error:
        raise unusable(error, where) from error


def require_root() -> None:
    """Raise ``WrongInput`` unless this process may make labs and look into them."""
    if os.geteuid() != 0:
        raise WrongInput("labs are made of namespaces and mounts: this needs root", hint="run it with sudo, or as root")


class LabFailed(HarnessError):
    """The lab could not be brought up, changed or taken down as asked."""


class NotTakenOver(LabFailed):
    """A daemon did not take over a file that its own test had nothing against."""


class NotConverged(LabFailed):
    """Conditions that did not come true in time: ``pending`` holds (name, why not) pairs."""

    def __init__(self, lab: str, seconds: float, pending: Sequence[tuple[str, str]]) -> None:
        self.lab, self.seconds, self.pending = lab, seconds, tuple(pending)
        lines = "\n".join(f"  - {name}: {why}" for name, why in self.pending)
        super().__init__(f"lab {lab} did not converge in {seconds:.0f} s; still open:\n{lines}")


class CannotMeasure(HarnessError):
    """The measurement itself failed, so nothing is known about what was to be measured."""


class MissingCapability(HarnessError):
    """This machine lacks ``capability`` (a kernel feature, a program); ``why`` says what that costs."""

    def __init__(self, capability: str, why: str) -> None:
        self.capability, self.why = capability, why
        super().__init__(f"this machine lacks {capability}: {why}")
