"""One flow over the last minute: when packets came through, when they were lost, when nobody looked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Passage = Literal["through", "lost", "unseen"]
KEPT_SECONDS = 90.0
"""A page shows less: what leaves its window must not vanish at its edge."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Turns of one flow, each by its instant (CLOCK_MONOTONIC seconds) and in order; the last one lasts."""

    turns: Mapping[float, Passage] = field(default_factory=dict)

    @property
    def now(self) -> Passage:
        """How it goes since the last turn."""
        return tuple(self.turns.values())[-1] if self.turns else "unseen"

    def turned(self, at: float, passage: Passage) -> Strip:
        """The strip with one more turn; the same if it is none. Turns that are too old are forgotten."""
        if passage == self.now:
            return self
        return Strip({**_kept(self.turns, at), round(at, 3): passage})

    def as_data(self) -> dict[str, str]:
        """As it is sent: instant → how it went from then on."""
        return {f"{at:.3f}": passage for at, passage in self.turns.items()}


def _kept(turns: Mapping[float, Passage], now: float) -> Mapping[float, Passage]:
    """The turns that still show: those of the last while, and the one before that says how it began."""
    old = [at for at in turns if at < now - KEPT_SECONDS]
    return {at: passage for at, passage in turns.items() if at not in old[:-1]}
