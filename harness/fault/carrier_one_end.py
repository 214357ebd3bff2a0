"""One end sees the light go out; the other sees a carrier and hears nothing: a broken fibre, a media converter."""

from __future__ import annotations

from dataclasses import dataclass

from harness.fault.base import named
from harness.fault.silence import Silence
from harness.lab.lab import Lab
from harness.probe.program import run
from harness.topology.model import Link


@dataclass(frozen=True, slots=True)
class CarrierOneEnd:
    """The node ``at`` loses its carrier, its peer does not, and nothing passes.

    A veth pair has one carrier for both ends, so the end at ``at`` is set dormant (operational state, RFC 2863
    section 3.1.12): the routing daemons see the line go down as they would without a carrier, and the address stays.
    """

    link: Link
    at: str

    def apply(self, lab: Lab) -> None:
        """Silence the link, then let one end know."""
        self._silence.apply(lab)
        self._set(lab, "dormant", "dormant")

    def lift(self, lab: Lab) -> None:
        """Let packets pass again, then bring the end up."""
        self._silence.lift(lab)
        self._set(lab, "default", "up")

    @property
    def _silence(self) -> Silence:
        return Silence(self.link)

    def _set(self, lab: Lab, mode: str, state: str) -> None:
        for end in self.link.ends:
            if end.node == self.at:
                run(lab.node(end.node), ("ip", "link", "set", "dev", end.port, "mode", mode))
                run(lab.node(end.node), ("ip", "link", "set", "dev", end.port, "state", state))

    def __str__(self) -> str:
        return f"no carrier at {self.at}'s end of {named(self.link)}"
