"""The directory of one run: ``runs/<lab>/<UTC time>/``, with ``runs/<lab>/latest`` pointing at the newest."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import WrongInput, usable
from harness.history.history import History

LATEST = "latest"


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """Where everything that one run leaves lies. A handle; ``create`` makes the directory."""

    path: Path

    @classmethod
    def create(cls, runs: Path, lab: str, now: datetime | None = None) -> RunDirectory:
        """Make a new directory for a run on ``lab`` under ``runs`` and let ``latest`` point at it.

        Two runs that begin in the same second get different directories. Raises ``WrongInput`` if ``runs`` cannot
        be written.
        """
        stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        with usable(runs / lab):
            try:
                run = cls(_make_unique(runs / lab, stamp))
            except BaseException:
                _remove_empty(runs / lab)
                raise
            try:
                run.bundles.mkdir()
                _point(runs / lab / LATEST, run.path.name)
            except BaseException:
                run.discard()
                raise
        return run

    def discard(self) -> None:
        """Take the directory away again, of a run that came to nothing; ``latest`` points at the one before, if any."""
        shutil.rmtree(self.path, ignore_errors=True)
        parent = self.path.parent
        link = parent / LATEST
        with suppress(OSError):
            if link.is_symlink() and not link.is_dir():
                link.unlink()
                if before := sorted(each.name for each in parent.iterdir() if each.is_dir()):
                    _point(link, before[-1])
        _remove_empty(parent)

    @classmethod
    def latest(cls, runs: Path, lab: str) -> RunDirectory:
        """The newest run on ``lab``. Raises ``WrongInput`` if there is none."""
        link = runs / lab / LATEST
        if not link.is_dir():
            raise WrongInput(f"no run on lab {lab} yet", where=link, hint="v6lab up begins one")
        return cls(link.resolve())

    @property
    def verdicts(self) -> Path:
        """The verdicts of the run, a JSON list."""
        return self.path / "verdicts.json"

    @property
    def bundles(self) -> Path:
        """The directory of support bundles, one for each failure."""
        return self.path / "bundles"

    def history_file(self, worker: str = "") -> Path:
        """The file that the process ``worker`` writes its history to."""
        return self.path / (f"history-{worker}.jsonl" if worker else "history.jsonl")

    def history(self, worker: str = "") -> History:
        """A history that is written to this directory."""
        return History(self.history_file(worker), worker=worker)


def _make_unique(parent: Path, stamp: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(1, 1000):
        path = parent / (stamp if attempt == 1 else f"{stamp}-{attempt}")
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"a thousand runs of one second under {parent}")


def _remove_empty(parent: Path) -> None:
    """The directory of a lab's runs, and that of all labs, where nothing is in them."""
    with suppress(OSError):
        parent.rmdir()
        parent.parent.rmdir()


def _point(link: Path, target: str) -> None:
    """Let ``link`` point at ``target`` in one step, so that a reader never finds it missing."""
    fresh = link.with_name(f".{link.name}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    try:
        fresh.symlink_to(target)
        fresh.rename(link)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
