"""The desk of a trainee: a directory with the files that may be edited, and the record of how the exercise goes.

``runs/exercises/<trainee>/<exercise>/``: ``nodes/<node>/<path>`` is the answer, ``read/`` what is there to be read,
``record.json`` what has happened, ``solution/`` what was shown, ``earlier-N/`` what earlier attempts left. ``.start/``
holds all node trees as they were at the start, while it runs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Literal

from harness.drill.candidate import NODES
from harness.drill.exercise_file import Place
from harness.errors import WrongInput, usable
from harness.history.results import BASIS, RESULTS
from harness.render import tree as node_trees
from harness.render.tree import NodeTree, Source, TreeFile, Trees

DIRECTORY = "exercises"
"""Below the project's ``runs``."""
RECORD, READ, SHOWN, START, EARLIER = "record.json", "read", "solution", ".start", "earlier"
TRAINEE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
USUAL_MODE = 0o644
BACKUPS = ("*~", ".*.sw?", "#*#", ".#*", "*.bak", "*.orig")
"""What editors leave beside a file."""

State = Literal["running", "stopped"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an exercise goes. Times are seconds since the epoch; ``lab`` is empty where none is needed; ``shown`` is when
    the solution was shown, which ends the grading, ``passed`` when the goal was first reached. ``answers`` are what the
    steady commands last answered, ``unsteady`` the numbers of those whose answer has changed; ``grades`` what every
    grading said."""

    exercise: str
    trainee: str
    lab: str
    began: float
    state: State = "running"
    hints: int = 0
    shown: float | None = None
    passed: float | None = None
    ended: float | None = None
    answers: tuple[str, ...] = ()
    unsteady: tuple[int, ...] = ()
    grades: tuple[dict[str, Any], ...] = ()

    @property
    def best(self) -> int | None:
        """The most points so far; ``None`` before the first grading."""
        return max((each["points"] for each in self.grades), default=None)

    def minutes(self, now: float) -> float:
        """Since the start; the clock stops when the goal is reached and when the lab is taken down."""
        ends = [each for each in (self.passed, self.shown, self.ended) if each is not None]
        return (min(ends) if ends else now) / 60 - self.began / 60


@dataclass(frozen=True, slots=True)
class Desk:
    """The directory of one trainee's exercise."""

    path: Path

    @classmethod
    def of(cls, runs: Path, trainee: str, exercise: str) -> Desk:
        """Where it is, or will be. Raises ``WrongInput`` for a name that cannot be a trainee's."""
        if not TRAINEE.fullmatch(trainee):
            hint = "letters, digits, '_' and '-', at most 32, no sign first"
            raise WrongInput(f"a trainee cannot be called {trainee!r}", where="--trainee", hint=hint)
        return cls(runs / DIRECTORY / trainee / exercise)

    @property
    def trainee(self) -> str:
        """Whose it is."""
        return self.path.parent.name

    def read(self) -> Attempt | None:
        """How the exercise goes; ``None`` if it was never started. Raises ``WrongInput`` for a record that is damaged."""
        file = self.path / RECORD
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            for key in ("answers", "unsteady", "grades"):
                data[key] = tuple(data[key])
            return Attempt(**data)
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError) as error:
            hint = f"v6lab exercise stop {self.path.name}, then start it again"
            raise WrongInput(f"cannot be read: {error}", where=file, hint=hint) from error

    def save(self, attempt: Attempt) -> None:
        """Write the record, whole or not at all."""
        file = self.path / RECORD
        with usable(file):
            fresh = file.with_suffix(".new")
            fresh.write_text(json.dumps(asdict(attempt), indent=1, ensure_ascii=False), encoding="utf-8")
            fresh.replace(file)

    def lay_out(self, start: Trees, files: Sequence[Place], read: Sequence[Place]) -> None:
        """Put the files of the start there; what an earlier attempt left is put aside."""
        with usable(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            self._put_aside()
            node_trees.write(start, self.path / START)
            for places, folder in ((files, NODES), (read, READ)):
                for place in places:
                    self._put(folder, place, start)

    def _put_aside(self) -> None:
        """Records and answers of earlier attempts stay, in a directory each."""
        self.clear()
        if left := [
            self.path / name for name in (RECORD, NODES, READ, SHOWN, RESULTS, BASIS) if (self.path / name).exists()
        ]:
            numbers = (f"{EARLIER}-{number}" for number in count(1))
            aside = next(self.path / name for name in numbers if not (self.path / name).exists())
            aside.mkdir()
            for each in left:
                each.rename(aside / each.name)

    def show(self, trees: Trees, files: Sequence[Place]) -> Path:
        """Put the solution beside the answer, laid out alike; gives the directory."""
        with usable(self.path):
            for place in files:
                self._put(SHOWN, place, trees)
        return self.path / SHOWN

    def _put(self, folder: str, place: Place, trees: Trees) -> None:
        target = self.path / folder / place.node / place.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(trees[place.node].files[place.path].content)
        _give_back(self.path.parents[1], target)

    def start(self) -> Trees:
        """The node trees of the start. Raises ``WrongInput`` if they are gone."""
        with usable(self.path / START):
            return node_trees.read(self.path / START)

    def place(self, place: Place) -> Path:
        """Where the trainee edits a file."""
        return self.path / NODES / place.node / place.path

    def answered(self) -> dict[Place, bytes]:
        """All files below ``nodes/`` but editors' backups. Raises ``WrongInput`` for one that cannot be read."""
        root = self.path / NODES
        found: dict[Place, bytes] = {}
        for file in sorted(each for each in root.rglob("*") if not each.is_dir()):
            if any(file.match(pattern) for pattern in BACKUPS):
                continue
            node, *path = file.relative_to(root).parts
            with usable(file):
                found[Place(node, "/".join(path))] = file.read_bytes()
        return found

    def clear(self) -> None:
        """Take away all but the record, the answer and what was shown."""
        for folder in (START, READ):
            shutil.rmtree(self.path / folder, ignore_errors=True)

    def discard(self) -> None:
        """Take all away, of a start that came to nothing."""
        shutil.rmtree(self.path, ignore_errors=True)
        with suppress(OSError):
            for parent in (self.path.parent, self.path.parents[1]):
                parent.rmdir()


def with_files(trees: Trees, files: dict[Place, bytes], source: Path) -> Trees:
    """The trees with other contents of some files; ``source`` is the directory that holds them as ``<node>/<path>``."""
    found = dict(trees)
    for place, content in files.items():
        old = found[place.node].files
        mode = old[place.path].mode if place.path in old else USUAL_MODE
        file = TreeFile(content, mode, Source("answer", source / place.node / place.path))
        found[place.node] = NodeTree(place.node, {**old, place.path: file})
    return found


def ended(attempt: Attempt) -> Attempt:
    """The attempt with its lab gone."""
    return replace(attempt, state="stopped", ended=attempt.ended or time.time())


def _give_back(root: Path, file: Path) -> None:
    """Files belong to whoever called sudo: a trainee edits them with an editor of their own."""
    owner, group = os.environ.get("SUDO_UID"), os.environ.get("SUDO_GID")
    if os.geteuid() == 0 and owner and group:
        for each in (file, *file.parents):
            if each == root:
                break
            os.chown(each, int(owner), int(group))
