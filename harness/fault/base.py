"""What a breakage is, and how it is laid on a lab and taken off again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from harness.errors import WrongInput
from harness.history.history import History
from harness.lab.lab import Lab
from harness.topology.model import Link

APPLIED, LIFTED = "fault.applied", "fault.lifted"


class Fault(Protocol):
    """A breakage. Applying or lifting twice is the same as once; both take effect before they return."""

    def apply(self, lab: Lab) -> None:
        """Break it. Raises ``CannotMeasure``."""
        ...

    def lift(self, lab: Lab) -> None:
        """Mend it. Raises ``CannotMeasure``."""
        ...

    def __str__(self) -> str:
        """What is broken, in words."""
        ...


def link_between(lab: Lab, one: str, other: str) -> Link:
    """The link between two nodes. Raises ``WrongInput`` if there is none or more than one."""
    found = [link for link in lab.topology.links if {end.node for end in link.ends} == {one, other}]
    if len(found) != 1:
        raise WrongInput(f"{len(found)} links between {one} and {other}", where=lab.topology.file)
    return found[0]


def named(link: Link) -> str:
    """A link in words, by its two ends."""
    return f"{link.a} – {link.b}"


@contextmanager
def applied(fault: Fault, lab: Lab, history: History) -> Iterator[float]:
    """Run the body with the fault on; gives the instant (CLOCK_MONOTONIC) at which breaking began, which takes some
    milliseconds. Lifted in any case."""
    began = time.monotonic()
    try:
        fault.apply(lab)
        history.append(APPLIED, "", {"fault": str(fault), "took_s": round(time.monotonic() - began, 3)}, began)
        yield began
    finally:
        fault.lift(lab)
        history.append(LIFTED, "", {"fault": str(fault)})
