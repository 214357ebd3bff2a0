"""The lab as its holder sees it: the blueprint, and where everything lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.engine.embedded import blueprint
from harness.engine.embedded.blueprint import Blueprint, LinkPart, NodePart
from harness.errors import LabFailed


@dataclass(frozen=True, slots=True)
class Inside:
    """One lab, inside its holder's namespaces. ``root`` is its tmpfs."""

    lab: str
    root: Path
    parts: dict[str, NodePart]
    links: list[LinkPart]

    @classmethod
    def of(cls, plan: Blueprint) -> Inside:
        """The lab that a blueprint describes."""
        return cls(plan["lab"], Path(plan["inside"]), {part["name"]: part for part in plan["nodes"]}, plan["links"])

    @property
    def host_proc(self) -> Path:
        """The host's /proc, for the pids that the harness knows."""
        return self.root / "hostproc"

    @property
    def runtime(self) -> Path:
        """runc's own state."""
        return self.root / "runc"

    def part(self, node: str) -> NodePart:
        """What the blueprint says of a node. Raises ``LabFailed``, naming those that there are."""
        try:
            return self.parts[node]
        except KeyError:
            raise LabFailed(f"lab {self.lab} has no node {node}; it has {', '.join(sorted(self.parts))}") from None

    def folder(self, node: str) -> Path:
        """The node's bundle, overlay, log and private files."""
        return blueprint.node_folder(self.root, node)

    def netns(self, node: str) -> Path:
        """Where the node's network namespace is bound."""
        return blueprint.netns_path(self.root, node)

    def log_tail(self, node: str, lines: int = 20) -> str:
        """The last lines that the node's first process wrote."""
        try:
            text = (self.folder(node) / "log").read_text(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])
