"""Writing files into a node. Whoever calls this has the node's root as its own, so no link leads out of it."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from harness.errors import LabFailed

NEW_MODE, NEW_SCRIPT_MODE = 0o644, 0o755


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; links are followed, parents made, mode and owner of an old file kept.

    A file that is a mount point (/etc/resolv.conf) cannot be replaced and is written in place.
    """
    real = Path(os.path.realpath(path))
    real.parent.mkdir(parents=True, exist_ok=True)
    fresh = real.parent / f".{real.name}.v6lab{os.getpid()}"
    try:
        _write_new(fresh, content, real)
        fresh.replace(real)
    except OSError as error:
        with suppress(FileNotFoundError):
            fresh.unlink()
        if error.errno != errno.EBUSY:
            raise OSError(error.errno, error.strerror, str(path)) from None
        real.write_bytes(content)


def _write_new(fresh: Path, content: bytes, old: Path) -> None:
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        try:
            before = old.stat()
        except FileNotFoundError:
            os.fchmod(fd, NEW_SCRIPT_MODE if content.startswith(b"#!") else NEW_MODE)
        else:
            os.fchown(fd, before.st_uid, before.st_gid)
            os.fchmod(fd, before.st_mode & 0o7777)


def remove(path: Path) -> None:
    """Remove a file; that it is not there is no error."""
    try:
        path.unlink(missing_ok=True)
    except NotADirectoryError:
        return
    except OSError as error:
        raise LabFailed(f"{path} cannot be removed: {error.strerror}") from None
