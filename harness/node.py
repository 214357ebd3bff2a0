"""A node's handle: enough to measure from inside it, whatever engine runs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.errors import CannotMeasure

NodeState = Literal["running", "frozen", "stopped"]


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a running lab.

    ``pid`` is its first process as the harness's own PID namespace numbers it, ``None`` while it is stopped.
    A handle is a snapshot: after a stop and a start, ask the engine for a new one.
    """

    name: str
    role: str
    state: NodeState
    pid: int | None

    @property
    def netns(self) -> Path:
        """The node's network namespace, to be opened and entered with ``setns``."""
        return Path(f"/proc/{self._live_pid()}/ns/net")

    @property
    def root(self) -> Path:
        """The node's root directory as the harness can reach it."""
        return Path(f"/proc/{self._live_pid()}/root")

    def _live_pid(self) -> int:
        if self.pid is None:
            raise CannotMeasure(f"node {self.name} is {self.state}: it has no process to measure from")
        return self.pid
