"""What of a lab is on the host: one directory, and in it a lock that lives as long as the lab's holder does."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.engine.embedded.blueprint import NAME
from harness.errors import WrongInput, usable

VARIABLE = "V6LAB_STATE"
DEFAULT = Path("/run/v6lab")
FILES = frozenset({"alive", "inside", "agent.sock", "holder.log", "lab.json", "lab.new", "stage.json", "stage.new"})
"""All that lies in a lab's directory: one with anything else in it is not a lab's, and not to be removed."""


@dataclass(frozen=True, slots=True)
class LabState:
    """The places of one lab on the host."""

    lab: str
    directory: Path

    @property
    def lock(self) -> Path:
        """Held (flock) by whoever builds the lab and then by its holder: as long as it is held, the lab is up."""
        return self.directory / "alive"

    @property
    def inside(self) -> Path:
        """Empty for the host; in the holder's mount namespace the tmpfs with all that the lab writes."""
        return self.directory / "inside"

    @property
    def socket(self) -> Path:
        """Where the holder listens."""
        return self.directory / "agent.sock"

    @property
    def log(self) -> Path:
        """What the holder has to say when something breaks that should not."""
        return self.directory / "holder.log"

    @property
    def record(self) -> Path:
        """For people and for other tools: the holder's pid, the topology's file, the nodes."""
        return self.directory / "lab.json"

    def write_record(self, holder: int, topology: Path, nodes: list[str]) -> None:
        """Write the record, whole or not at all."""
        fresh = self.record.with_suffix(".new")
        content: dict[str, Any] = {"lab": self.lab, "holder": holder, "topology": str(topology), "nodes": nodes}
        fresh.write_text(json.dumps(content, indent=1))
        fresh.replace(self.record)

    def remove(self) -> None:
        """Take the directory away, if it is there. Raises ``WrongInput`` if it is not a lab's."""
        if self.directory.exists():
            self.refuse_foreign()
            shutil.rmtree(self.directory)

    def refuse_foreign(self) -> None:
        """Raise ``WrongInput`` if the directory is there and holds what is not a lab's."""
        if self.directory.exists() and any(self.directory.iterdir()) and not is_own(self.directory):
            raise WrongInput(
                "is not the directory of a lab",
                where=self.directory,
                hint=f"name an existing lab; {VARIABLE} names a directory that holds labs and nothing else",
            )


def is_own(directory: Path) -> bool:
    """Whether this is a lab's directory: what lies in it is a lab's. One that may not be looked into is taken for one."""
    try:
        content = {path.name for path in directory.iterdir()}
    except PermissionError:
        return True
    except OSError:
        return False
    return bool(content) and content <= FILES


def of(lab: str) -> LabState:
    """The places of a lab; nothing is made. Raises ``WrongInput`` for a name that cannot be a directory's."""
    if not NAME.fullmatch(lab):
        raise WrongInput(
            f"a lab cannot be called {lab!r}", hint="letters, digits, '_', '.' and '-', at most 63, no sign first"
        )
    return LabState(lab, Path(os.environ.get(VARIABLE) or DEFAULT).absolute() / lab)


@contextmanager
def locked(state: LabState) -> Iterator[int | None]:
    """Try to take the lab's lock, making its directory; gives the lock's descriptor, or ``None`` if it is held."""
    while True:
        with usable(state.directory):
            state.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            fd = os.open(state.lock, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:  # somebody has just destroyed this lab
            continue
        except OSError:  # a full disk: leave no empty directory
            with suppress(OSError):
                state.directory.rmdir()
            raise
        try:
            if not _try(fd):
                yield None
                return
            if _is_still(fd, state.lock):
                yield fd
                return
        finally:
            os.close(fd)


def _try(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _is_still(fd: int, path: Path) -> bool:
    """Whether ``path`` is still the file that was locked: it may have been removed between opening and locking."""
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False
