"""Which files a change gives to nodes, and which line somebody wrote for it. It reads the sources, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from harness.lab.node_change import NodeChange
from harness.render.diff import FileChange
from harness.render.tree import TreeFile, Trees


@dataclass(frozen=True, slots=True)
class Changed:
    """A file that the change gives a node: ``source`` is the file that somebody wrote, ``line`` the first of its lines
    that is otherwise, where that can be known."""

    node: str
    path: str
    source: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = f" ← {self.place}" if self.source else " (removed)"
        return f"{self.node}:{self.path}{place}"

    @property
    def place(self) -> str:
        """File and line of the source."""
        return f"{self.source}:{self.line}" if self.line else self.source


def changed(nodes: Sequence[NodeChange], old: Trees, plans: tuple[Path, Path] | None = None) -> tuple[Changed, ...]:
    """The files of a change, each with the place where somebody wrote it.

    ``old``: the trees before, knowing their sources. ``plans``: the plan's file before and after, where a file of a
    node that has the same template as before is otherwise because of it.
    """
    return tuple(
        _changed(file, old[file.node].files.get(file.path) if file.node in old else None, plans)
        for node in nodes
        for file in node.files
    )


def _changed(file: FileChange, before: TreeFile | None, plans: tuple[Path, Path] | None) -> Changed:
    if file.new is None:
        return Changed(file.node, file.path)
    source = file.new.source
    if not source.template:
        line = first_line(file.old.content if file.old else b"", file.new.content)
    elif before is None or not before.source.template:
        line = None
    else:
        line = _first_line_of(before.source.file, source.file)
        if line is None and plans and (in_plan := _first_line_of(*plans)):
            return Changed(file.node, file.path, str(plans[1]), in_plan)
    return Changed(file.node, file.path, str(source.file), line)


def _first_line_of(old: Path, new: Path) -> int | None:
    return first_line(old.read_bytes(), new.read_bytes())


def first_line(old: bytes, new: bytes) -> int | None:
    """The first line, counted from 1, in which ``new`` is otherwise than ``old``; the last if lines are only gone."""
    lines = new.splitlines()
    for number, (before, after) in enumerate(zip_longest(old.splitlines(), lines), start=1):
        if before != after:
            return max(1, min(number, len(lines)))
    return None
