"""A node tree: the files of one node at one stage, each knowing where it came from."""

from __future__ import annotations

import hashlib
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MARKER = ".v6lab-trees"
"""Lies in a directory of rendered trees, so that only such a directory is ever emptied."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file of a node comes from: the stage that decided, and the file below ``configs/stages``."""

    stage: str
    file: Path

    @property
    def template(self) -> bool:
        """Whether the file is rendered rather than copied."""
        return self.file.suffix == ".j2"


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One file: bytes and mode as on the node's disk."""

    content: bytes
    mode: int
    source: Source


@dataclass(frozen=True, slots=True)
class NodeTree:
    """All files of a node, by path without the leading slash."""

    node: str
    files: Mapping[str, TreeFile]

    @property
    def digest(self) -> str:
        """A hash over names, modes and contents."""
        total = hashlib.sha256()
        for path, file in sorted(self.files.items()):
            total.update(f"{path}\0{file.mode:o}\0".encode() + hashlib.sha256(file.content).digest())
        return total.hexdigest()


Trees = Mapping[str, NodeTree]


def digest(trees: Trees) -> str:
    """One hash over all trees."""
    total = hashlib.sha256()
    for node in sorted(trees):
        total.update(f"{node}\0{trees[node].digest}".encode())
    return total.hexdigest()


def read(out: Path) -> Trees:
    """The trees that lie in ``out``, as ``write`` left them; where their files came from is not known any more.

    Raises ``OSError`` if they cannot be read.
    """
    return {node.name: _read_one(node) for node in sorted(out.iterdir()) if node.is_dir()}


def _read_one(root: Path) -> NodeTree:
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return NodeTree(
        root.name,
        {
            str(path.relative_to(root)): TreeFile(
                path.read_bytes(), stat.S_IMODE(path.stat().st_mode), Source("", path)
            )
            for path in paths
        },
    )


def write(trees: Trees, out: Path) -> None:
    """Write the trees as ``out/<node>/<path>``; a directory of earlier trees is brought to exactly these."""
    out.mkdir(parents=True, exist_ok=True)
    (out / MARKER).touch()
    for stale in out.iterdir():
        if stale.is_dir() and stale.name not in trees:
            shutil.rmtree(stale)
    for node, tree in trees.items():
        _write_one(tree, out / node)


def _write_one(tree: NodeTree, root: Path) -> None:
    root.mkdir(exist_ok=True)
    for old in sorted((path for path in root.rglob("*") if not path.is_dir()), reverse=True):
        if str(old.relative_to(root)) not in tree.files:
            old.unlink()
    for path, file in tree.files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_file() or target.read_bytes() != file.content:
            target.write_bytes(file.content)
        target.chmod(file.mode)
