"""What differs between two sets of node trees."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from harness.render.tree import NodeTree, TreeFile, Trees


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file of a node that one side has otherwise than the other; ``None`` where it is absent."""

    node: str
    path: str
    old: TreeFile | None
    new: TreeFile | None

    def unified(self) -> str:
        """The difference as a unified diff."""
        return "".join(
            difflib.unified_diff(_lines(self.old), _lines(self.new), _label("a", self), _label("b", self), n=2)
        )


def diff(old: Trees, new: Trees) -> tuple[FileChange, ...]:
    """All files that differ in content or mode, by node and path."""
    nodes = dict.fromkeys((*old, *new))
    return tuple(change for node in nodes for change in _diff_node(node, old.get(node), new.get(node)))


def _diff_node(node: str, old: NodeTree | None, new: NodeTree | None) -> Iterator[FileChange]:
    before = old.files if old else {}
    after = new.files if new else {}
    for path in sorted({*before, *after}):
        a, b = before.get(path), after.get(path)
        if a is None or b is None or (a.content, a.mode) != (b.content, b.mode):
            yield FileChange(node, path, a, b)


def _lines(file: TreeFile | None) -> list[str]:
    if file is None:
        return []
    text = file.content.decode(errors="backslashreplace")
    return (text if text.endswith("\n") or not text else text + "\n").splitlines(keepends=True)


def _label(side: str, change: FileChange) -> str:
    file = change.old if side == "a" else change.new
    return f"{side}/{change.node}/{change.path}" if file else "/dev/null"
