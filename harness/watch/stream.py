"""The state as server-sent events: the whole when a page connects, then what has changed, each change with a number.

A page that comes back after a break says which number it had last, and gets what it missed if that is still known.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from harness.watch.board import Board
from harness.watch.patch import difference
from harness.watch.state import as_data

LONGEST_NUMBER = 15
KEPT_CHANGES = 600
"""About a minute of changes."""
BEAT_SECONDS = 0.1
"""Where nothing else changes the clock is sent so often: a page that does not hear it says so."""
SHORTEST_SECONDS = 0.03
"""What changes within that time is sent as one."""


@dataclass(frozen=True, slots=True)
class Change:
    """A patch that leads to the state of its number."""

    number: int
    patch: dict[str, Any]


class Stream:
    """What pages follow; all of it runs in one event loop, and only while a page is there."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._boot = uuid.uuid4().hex[:8]  # numbers of another server mean nothing to this one
        self._number = 0
        self._data = as_data(board.state)
        self._changes: deque[Change] = deque(maxlen=KEPT_CHANGES)
        self._published = asyncio.Event()
        self._stirred = asyncio.Event()
        self._readers = 0
        self._closed = False
        self._task: asyncio.Task[None] | None = None

    async def follow(self, last: str = "") -> AsyncIterator[str]:
        """The events for one page, without end; ``last`` is the ``Last-Event-ID`` that it came with."""
        self._publish()
        position = self._known(last)
        if position is None:
            position = self._number
            yield self._event("state", position, self._data)
        self._enter()
        try:
            while not self._closed:
                published = self._published
                if self._changes and position < self._changes[0].number - 1:  # too slow to be told all
                    position = self._number
                    yield self._event("state", position, self._data)
                for change in [each for each in self._changes if each.number > position]:
                    position = change.number
                    yield self._event("patch", position, change.patch)
                await published.wait()
        finally:
            self._readers -= 1

    def close(self) -> None:
        """End all that follow."""
        self._closed = True
        self._board.on_change = lambda: None
        self._published.set()
        if self._task:
            self._task.cancel()

    def _enter(self) -> None:
        self._readers += 1
        if self._task is None or self._task.done():
            loop = asyncio.get_running_loop()

            def stir() -> None:
                with suppress(RuntimeError):  # the loop has just been closed
                    loop.call_soon_threadsafe(self._stirred.set)

            self._board.on_change = stir
            self._task = loop.create_task(self._run())

    async def _run(self) -> None:
        while self._readers > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), BEAT_SECONDS)
            self._stirred.clear()
            self._publish()
            await asyncio.sleep(SHORTEST_SECONDS)
        self._board.on_change = lambda: None

    def _publish(self) -> None:
        data = as_data(self._board.state)
        if not (patch := difference(self._data, data)):
            return
        self._number += 1
        self._data = data
        self._changes.append(Change(self._number, patch))
        self._published.set()
        self._published = asyncio.Event()

    def _known(self, last: str) -> int | None:
        """The number that a page has, if it is one of ours; whether all that came after is still here, is seen next."""
        boot, _, number = last.partition("-")
        if boot != self._boot or not number.isdecimal() or len(number) > LONGEST_NUMBER:
            return None
        return int(number) if int(number) <= self._number else None

    def _event(self, kind: str, number: int, data: dict[str, Any]) -> str:
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return f"id: {self._boot}-{number}\nevent: {kind}\ndata: {text}\n\n"
