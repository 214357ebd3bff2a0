"""Which daemons of a node are alive, by the files in which they note their process."""

from __future__ import annotations

from pathlib import Path

from harness.node import Node

PATTERNS = ("run/*.pid", "run/*/*.pid")


def alive(node: Node) -> frozenset[str]:
    """The names of the files (without ``.pid``) whose process there is. Raises ``CannotMeasure`` if the node is gone."""
    root = node.root
    return frozenset(file.stem for pattern in PATTERNS for file in root.glob(pattern) if _lives(root, file))


def _lives(root: Path, file: Path) -> bool:
    try:
        process = int(file.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return False
    return (root / "proc" / str(process)).is_dir()
