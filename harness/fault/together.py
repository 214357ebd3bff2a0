"""Several breakages at once, as one."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from harness.fault.base import Fault
from harness.lab.lab import Lab


@dataclass(frozen=True, slots=True)
class Together:
    """Applied in order, lifted the other way round; all are lifted, also if lifting one fails."""

    faults: tuple[Fault, ...]

    def apply(self, lab: Lab) -> None:
        """Break all."""
        for each in self.faults:
            each.apply(lab)

    def lift(self, lab: Lab) -> None:
        """Mend all. Raises the last error after having tried each."""
        with ExitStack() as stack:
            for each in self.faults:
                stack.callback(each.lift, lab)

    def __str__(self) -> str:
        return " and ".join(map(str, self.faults))
