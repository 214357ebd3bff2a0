"""The only loop that waits: for named conditions, all under one deadline, woken by events where there are any."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

POLL_SECONDS = 0.1
"""A re-read this often catches what no event announced (a lost netlink message, a daemon without events)."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point of the monotonic clock that all waits of a run share."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline ``seconds`` from now."""
        return cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at - time.monotonic())


class Hopeless(Exception):
    """Raised by a condition that cannot come true any more, with the reason: nothing is worth waiting for."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is to become true: ``unmet`` returns ``None`` when it holds, else why it does not yet."""

    name: str
    unmet: Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Met:
    """A condition that came true ``seconds`` after the wait began."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a wait ended with: what came true and when, and what did not (name, why)."""

    met: tuple[Met, ...]
    pending: tuple[tuple[str, str], ...]
    seconds: float


def until(
    conditions: Sequence[Condition],
    deadline: Deadline,
    *,
    wake: threading.Event | None = None,
    on_met: Callable[[Met, int], None] | None = None,
    workers: int = 4,
) -> Outcome:
    """Watch all conditions in parallel until each has come true once, the deadline has passed, or one is hopeless.

    ``wake`` may be set by whoever sees an event; it makes the next look come at once.
    ``on_met`` hears of each condition that came true and of how many are still open. Never raises on a time-out:
    the caller reads ``pending``. An exception of a condition counts as "not yet" and is its reason. Names tell
    conditions apart: ``ValueError`` if one occurs twice.
    """
    wake = wake or threading.Event()
    started = time.monotonic()
    met: list[Met] = []
    reasons = {condition.name: "not looked at yet" for condition in conditions}
    todo = list(conditions)
    if len(reasons) < len(todo):
        raise ValueError(f"two conditions have one name among {', '.join(each.name for each in todo)}")
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="until") as pool:
        while todo:
            wake.clear()
            hopeless = False
            for condition, why in zip(todo, pool.map(_look, todo), strict=True):
                if why is not None:
                    reasons[condition.name] = str(why)
                    hopeless = hopeless or isinstance(why, Hopeless)
                    continue
                del reasons[condition.name]
                met.append(Met(condition.name, time.monotonic() - started))
                if on_met:
                    on_met(met[-1], len(reasons))
            todo = [condition for condition in todo if condition.name in reasons]
            if todo and (hopeless or not deadline.left):
                break
            if todo:
                wake.wait(min(POLL_SECONDS, deadline.left))
    return Outcome(tuple(met), tuple(reasons.items()), time.monotonic() - started)


def _look(condition: Condition) -> str | Hopeless | None:
    try:
        return condition.unmet()
    except Hopeless as reason:
        return reason
    except Exception as error:  # a condition that cannot be read yet is a condition that does not hold yet
        return f"{type(error).__name__}: {error}"
