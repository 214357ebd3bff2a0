"""A node dies, or hangs: its processes end at once, or stop running while the kernel goes on forwarding."""

from __future__ import annotations

from dataclasses import dataclass

from harness.engine.base import StopHow
from harness.lab.lab import Lab

STATES: dict[StopHow, str] = {"kill": "stopped", "freeze": "frozen"}
WORDS: dict[StopHow, str] = {"kill": "killed", "freeze": "frozen"}


@dataclass(frozen=True, slots=True)
class Stopped:
    """``kill`` takes the node's carriers away, so that its neighbours know; ``freeze`` leaves only its control plane
    silent. Afterwards the lab has a new handle of the node."""

    node: str
    how: StopHow

    def apply(self, lab: Lab) -> None:
        """Stop it, unless it is."""
        if lab.node(self.node).state == "running":
            lab.engine.stop(lab.name, self.node, self.how)
            lab.refresh()

    def lift(self, lab: Lab) -> None:
        """Start it afresh, or let it go on."""
        lab.refresh()  # a stop that was interrupted may have happened all the same
        if lab.node(self.node).state == STATES[self.how]:
            lab.engine.start(lab.name, self.node)
            lab.refresh()

    def __str__(self) -> str:
        return f"{self.node} {WORDS[self.how]}"
