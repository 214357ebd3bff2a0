"""The only loop that waits: for named conditions, all under one deadline, woken by events where there are any."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

POLL_SECONDS = 0.1
"""A re-read this often catches what no event announced (a lost netlink message, a daemon without events)."""


SLICE_SECONDS = 0.02
"""How long the end of one look is waited for before others are begun."""

NOT_LOOKED = "not looked at yet"


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
    watch = _Watch(conditions, on_met)
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="until") as pool:
        while watch.reasons and not watch.hopeless:
            if wake.is_set():
                wake.clear()
                watch.hasten()
            watch.look(pool, last=not deadline.left)
            if watch.looking:
                watch.hear(SLICE_SECONDS)
            elif deadline.left:
                wake.wait(min(deadline.left, watch.next_look()))
            else:
                break
    return watch.outcome()


class _Watch:
    """The state of one wait: each condition is being looked at, or rests until it is looked at again."""

    def __init__(self, conditions: Sequence[Condition], on_met: Callable[[Met, int], None] | None) -> None:
        self._started = time.monotonic()
        self._on_met = on_met
        self._met: list[Met] = []
        self._resting = [(self._started, condition) for condition in conditions]
        self.reasons = {condition.name: NOT_LOOKED for condition in conditions}
        self.looking: dict[Future[str | Hopeless | None], Condition] = {}
        self.hopeless = False
        if len(self.reasons) < len(conditions):
            raise ValueError(f"two conditions have one name among {', '.join(each.name for each in conditions)}")

    def hasten(self) -> None:
        """Something happened: all that rest are due now."""
        self._resting = [(self._started, condition) for _, condition in self._resting]

    def next_look(self) -> float:
        """Seconds until the first of those that rest is due."""
        return max(0.0, min(at for at, _ in self._resting) - time.monotonic())

    def look(self, pool: ThreadPoolExecutor, *, last: bool) -> None:
        """Look at what is due; when it is the ``last`` time, only at what nobody has looked at yet."""
        now = time.monotonic()
        due = [each for each in self._resting if each[0] <= now and not (last and self._seen(each[1]))]
        self._resting = [each for each in self._resting if each not in due]
        self.looking |= {pool.submit(_look, condition): condition for _, condition in due}

    def _seen(self, condition: Condition) -> bool:
        return self.reasons[condition.name] != NOT_LOOKED

    def hear(self, seconds: float) -> None:
        """Take in what the looks that have ended say; wait so long for the first of them."""
        for future in wait(self.looking, seconds, FIRST_COMPLETED).done:
            condition, why = self.looking.pop(future), future.result()
            if why is None:
                del self.reasons[condition.name]
                self._met.append(Met(condition.name, time.monotonic() - self._started))
                if self._on_met:
                    self._on_met(self._met[-1], len(self.reasons))
            else:
                self.reasons[condition.name] = str(why)
                self.hopeless = self.hopeless or isinstance(why, Hopeless)
                self._resting.append((time.monotonic() + POLL_SECONDS, condition))

    def outcome(self) -> Outcome:
        """What has become of all."""
        return Outcome(tuple(self._met), tuple(self.reasons.items()), time.monotonic() - self._started)


def _look(condition: Condition) -> str | Hopeless | None:
    try:
        return condition.unmet()
    except Hopeless as reason:
        return reason
    except Exception as error:  # a condition that cannot be read yet is a condition that does not hold yet
        return f"{type(error).__name__}: {error}"
