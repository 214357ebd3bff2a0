"""How long a lab with a change on it is waited for: as long as something moves, and no longer than any lab."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from harness.lab.converge import Told
from harness.probe.route_watch import RouteWatch
from harness.wait import Deadline, Met

STILL_SECONDS = 8.0
"""When no condition has come true and no route has changed for so long, none will: OSPF and BGP take up a session that
was reset within 5 s. A mistake would otherwise cost the whole of the time that a good change may take."""

SERVICES_STILL_SECONDS = 3.0
"""The same where no configuration of routing has changed, so that no session was reset: services take over a changed
file before their reload ends, and looks at them come ten times a second."""


@dataclass(frozen=True, slots=True)
class WhileMoving(Deadline):
    """A deadline that comes early when nothing moves any more."""

    routes: RouteWatch
    still: float = STILL_SECONDS
    moved: list[float] = field(default_factory=list)

    @classmethod
    def after_now(cls, seconds: float, routes: RouteWatch, still: float = STILL_SECONDS) -> WhileMoving:
        """At most ``seconds`` from now, and ``still`` seconds after the last that moved."""
        now = time.monotonic()
        return cls(now + seconds, routes, still, [now])

    @property
    def left(self) -> float:
        """Seconds left, if nothing moves meanwhile; never negative."""
        now = time.monotonic()
        moved = max(self.moved[-1], now - self.routes.quiet_for()[0])
        return max(0.0, min(self.at, moved + self.still) - now)

    def told(self, told: Told) -> Told:
        """Hears of every condition that came true, and passes it on."""

        def met(condition: Met, left: int) -> None:
            self.moved.append(time.monotonic())
            told.met(condition, left)

        return Told(told.phase, met)
