"""A daemon is stopped on a node that goes on: a service that somebody forgot to start again, or that died."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import CannotMeasure
from harness.lab.lab import Lab
from harness.lab.reload import SERVICES, TABLE

SERVICE_NAMES = tuple(each.name for each in TABLE)
"""What may be stopped: the services of ``harness/lab/reload.py``."""
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ServiceStopped:
    """Its port is closed from then on, so that whoever asks is refused by the kernel and not left without an answer.

    ``service`` is a name of ``SERVICE_NAMES``.
    """

    node: str
    service: str

    def apply(self, lab: Lab) -> None:
        """Stop it. Raises ``CannotMeasure``."""
        self._run(lab, "stop")

    def lift(self, lab: Lab) -> None:
        """Start it; one that runs takes over its files once more. Raises ``CannotMeasure``."""
        self._run(lab)

    def _run(self, lab: Lab, *words: str) -> None:
        answer = lab.exec(self.node, "sh", "-eu", f"{SERVICES}/{self.service}", *words, timeout=SECONDS)
        if answer.code:
            said = (answer.err or answer.out).strip()[:200]
            raise CannotMeasure(f"{self.service} of {self.node} ended with {answer.code}: {said}")

    def __str__(self) -> str:
        return f"{self.service} of {self.node} stopped"
