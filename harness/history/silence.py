"""What kept silent a moment ago, and how long to wait for it now: whole time-outs are for the first that is red."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

REMEMBERED_SECONDS = 60.0
STILL_SECONDS = 0.3
"""Sixty times a round trip of the lab. It decides nothing on its own: the whole time-out was waited before."""

Subject = tuple[str, int, str, str, int]
"""Asking node (empty: anybody), family, what was asked (a probe's kind or a transport), address, port or size."""


@dataclass(slots=True)
class Silences:
    """The last silence and the last sign of life of each subject. Thread-safe.

    A subject is known to be silent if a whole time-out passed without an answer and nothing has come from it since.
    """

    _silent: dict[Subject, float] = field(default_factory=dict)
    _alive: dict[Subject, float] = field(default_factory=dict)
    _hurried: bool = False
    _lock: Lock = field(default_factory=Lock)

    def note(self, silent: Sequence[Subject], alive: Sequence[Subject]) -> None:
        """Something was just asked: which subjects it shows to be silent, and which to be there."""
        now = time.monotonic()
        with self._lock:
            self._silent |= dict.fromkeys(silent, now)
            self._alive |= dict.fromkeys(alive, now)

    def forget(self) -> None:
        """Something was done to the lab: what was silent may speak now."""
        with self._lock:
            self._silent.clear()
            self._hurried = False

    def hurry(self) -> None:
        """A check has failed, with all the time it wanted: those after it are to fail sooner."""
        with self._lock:
            self._hurried = True

    def patience(self, subjects: Sequence[Subject], seconds: float, hurried: float | None = None) -> float:
        """How long to wait: ``seconds``; ``hurried`` (if given) once a check has failed, so that ten failures cost no
        more than one; less if one of ``subjects`` is known to be silent."""
        known = time.monotonic() - REMEMBERED_SECONDS
        with self._lock:
            for each in subjects:
                at = self._silent.get(each, float("-inf"))
                if at > known and at > self._alive.get(each, float("-inf")):
                    return min(seconds, STILL_SECONDS)
            return hurried if hurried is not None and self._hurried else seconds
