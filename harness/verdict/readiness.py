"""What became of journeys, and how ready people are for a network without IPv4, counted in journeys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Fate = Literal["done", "lost", "not measured"]
State = Literal["ready", "needs", "unknown"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One journey of one host: ``manner`` is IPv4, IPv6 or either; ``step`` and ``why`` say where it ended."""

    journey: str
    host: str
    manner: str
    fate: Fate
    step: str = ""
    why: str = ""
    seconds: float = 0.0

    def as_data(self) -> dict[str, Any]:
        """As it is given to other programs."""
        names = ("journey", "host", "manner", "fate", "step", "why")
        return {name: getattr(self, name) for name in names} | {"seconds": round(self.seconds, 3)}

    def __str__(self) -> str:
        why = f" at `{self.step}`: {self.why}" if self.fate != "done" else ""
        return f"{self.journey} from {self.host} ({self.manner}) {self.fate}{why}"


@dataclass(frozen=True, slots=True)
class Need:
    """A journey that is lost without IPv4: in ``lost`` of ``rounds`` rounds, the last time at ``step`` because of
    ``why``."""

    journey: str
    host: str
    step: str
    why: str
    lost: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Readiness:
    """How ready a site is. ``counted`` journeys were done with IPv4 and measured without; ``needs`` are those of them
    that are lost; ``unknown`` could not be counted, each with why. ``states`` says of each journey and host whether it
    is ``ready``, ``needs`` IPv4 or is ``unknown``."""

    site: str
    counted: int
    needs: tuple[Need, ...]
    unknown: tuple[str, ...]
    states: tuple[tuple[str, str, State], ...] = ()

    @property
    def percent(self) -> float | None:
        """Journeys that are done without IPv4, in percent of those counted; ``None`` if none could be."""
        return 100 * (self.counted - len(self.needs)) / self.counted if self.counted else None


def readiness(site: str, before: Sequence[Outcome], rounds: Sequence[Sequence[Outcome]]) -> Readiness:
    """What ``rounds`` without IPv4 say of a site whose journeys came to ``before`` with it.

    A journey is ready if no round lost it. One that was not done before, or that was measured in no round, counts for
    nothing."""
    needs, unknown, counted = [], [], 0
    states: list[tuple[str, str, State]] = []
    for start in before:
        key = (start.journey, start.host)
        seen = [each for round_ in rounds for each in round_ if (each.journey, each.host) == key]
        known = [each for each in seen if each.fate != "not measured"]
        if start.fate != "done":
            unknown.append(f"with IPv4 already: {start}")
            states.append((*key, "unknown"))
        elif not known:
            unknown.append(str(seen[-1]) if seen else f"{start.journey} from {start.host}: no round was made")
            states.append((*key, "unknown"))
        else:
            counted += 1
            lost = [each for each in known if each.fate == "lost"]
            states.append((*key, "needs" if lost else "ready"))
            if lost:
                needs.append(Need(*key, lost[-1].step, lost[-1].why, len(lost), len(known)))
    return Readiness(site, counted, tuple(needs), tuple(unknown), tuple(states))


def not_back(before: Sequence[Outcome], after: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """What was done before and is not any more."""
    done = {(each.journey, each.host) for each in before if each.fate == "done"}
    return tuple(each for each in after if each.fate != "done" and (each.journey, each.host) in done)
