"""Errors on their way from the holder to whoever asked: plain JSON, and back into the error tree."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

from harness.errors import CannotMeasure, HarnessError, LabFailed, MissingCapability, WrongInput


def full(path: Path | str | None) -> WrongInput:
    """What a full disk is told as."""
    return WrongInput(
        "no space is left on the file system of this path", where=path, hint="make room there and try again"
    )


def to_plain(error: BaseException, where: Path | None = None) -> dict[str, Any]:
    """An error as JSON can carry it; what is not of the tree becomes ``LabFailed``.

    ``where`` is told of a full disk whose error names no path.
    """
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        error = full(error.filename or where)
    if isinstance(error, WrongInput):
        place = None if error.where is None else str(error.where)
        return {
            "error": "WrongInput",
            "what": error.what,
            "more": {"where": place, "line": error.line, "key": error.key, "hint": error.hint},
        }
    if isinstance(error, MissingCapability):
        return {"error": "MissingCapability", "what": error.capability, "why": error.why}
    if isinstance(error, HarnessError):
        kind = "CannotMeasure" if isinstance(error, CannotMeasure) else "LabFailed"
        return {"error": kind, "what": str(error)}
    return {"error": "LabFailed", "what": f"{type(error).__name__}: {error}"}


def from_plain(plain: dict[str, Any]) -> HarnessError:
    """The error that ``to_plain`` was given."""
    what = plain["what"]
    match plain["error"]:
        case "WrongInput":
            return WrongInput(what, **plain["more"])
        case "MissingCapability":
            return MissingCapability(what, plain["why"])
        case "CannotMeasure":
            return CannotMeasure(what)
        case _:
            return LabFailed(what)
