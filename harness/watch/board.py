"""Where news arrive, from any thread, and where the state stands that they come to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from harness.watch.reduce import reduce, written_at
from harness.watch.seen import News
from harness.watch.state import State


class Board:
    """Thread-safe. ``on_change`` is called after each piece of news that changed more than the clock."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.Lock()
        self.on_change: Callable[[], None] = lambda: None

    def tell(self, news: News) -> None:
        """Take in one piece of news."""
        with self._lock:
            before = self._state
            self._state = reduce(before, news, written_at(time.time()))
            changed = replace(self._state, clock=before.clock) != before
        if changed:
            self.on_change()

    @property
    def state(self) -> State:
        """The state as it was told last: its clock goes on with what is told, so that it stands still where nobody looks."""
        with self._lock:
            return self._state
