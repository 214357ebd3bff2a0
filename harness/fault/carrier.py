"""The cable is cut: both ends lose their carrier and know it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.fault.base import named
from harness.lab.lab import Lab
from harness.probe.program import run
from harness.topology.model import Link


@dataclass(frozen=True, slots=True)
class Carrier:
    """Both ends of a link down. On a veth pair that is an administrative down: the kernel takes away the routes and,
    unless ``keep_addr_on_down`` is set, the IPv6 addresses of both interfaces.

    ``at`` names the only node whose end is taken down, empty for both: its peer then sees no carrier, and keeps its
    addresses."""

    link: Link
    at: str = ""

    def apply(self, lab: Lab) -> None:
        """Take the ends down."""
        self._set(lab, "down")

    def lift(self, lab: Lab) -> None:
        """Bring them up."""
        self._set(lab, "up")

    def _set(self, lab: Lab, state: str) -> None:
        for end in self.link.ends:
            if self.at in ("", end.node):
                run(lab.node(end.node), ("ip", "link", "set", "dev", end.port, state))

    def __str__(self) -> str:
        if self.at:
            return f"{self.at}'s end of {named(self.link)} switched off"
        return f"no carrier at both ends of {named(self.link)}"
