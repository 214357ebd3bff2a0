"""Progress of long steps: a live line with the elapsed time on a terminal, plain lines anywhere else."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

TICK_SECONDS = 0.2
PLAIN_SECONDS = 5.0
"""Without a terminal a step's phases are told at most this often: enough to see that it lives, few enough to read."""
WIDTH = 100
_CLEAR = "\r\x1b[K"


class Steps:
    """Shows one step after the other on ``out``."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out, self._clock = out, clock
        self._live = out.isatty()

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """A long step; gives a function that hears each phase of it. Says how long it took, or after how long it
        failed."""
        began = self._clock()
        shown = _Line(self._out, title, lambda: self._clock() - began, live=self._live)
        shown.begin()
        try:
            yield shown.phase
        except BaseException as error:
            word = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            shown.end(f"✗ {title}: {word} after {self._clock() - began:.1f} s")
            raise
        shown.end(f"✓ {title}  {self._clock() - began:.1f} s")

    def say(self, line: str) -> None:
        """A line of its own."""
        self._out.write(line + "\n")
        self._out.flush()


class _Line:
    """The state of one step's line. On a terminal a thread redraws it, so that the time is seen to pass."""

    def __init__(self, out: TextIO, title: str, elapsed: Callable[[], float], *, live: bool) -> None:
        self._out, self._title, self._elapsed, self._live = out, title, elapsed, live
        self._phase = ""
        self._told = 0.0
        self._over = threading.Event()
        self._painter = threading.Thread(target=self._paint, daemon=True)

    def begin(self) -> None:
        if self._live:
            self._painter.start()
        else:
            self._write(f"… {self._title}\n")

    def phase(self, text: str) -> None:
        self._phase = text
        if not self._live and self._elapsed() - self._told >= PLAIN_SECONDS:
            self._told = self._elapsed()
            self._write(f"  {self._elapsed():5.1f} s  {text[:WIDTH]}\n")

    def end(self, text: str) -> None:
        self._over.set()
        if self._live:
            self._painter.join()
            self._write(_CLEAR)
        self._write(text + "\n")

    def _paint(self) -> None:
        while not self._over.wait(TICK_SECONDS):
            width = shutil.get_terminal_size().columns
            line = f"… {self._title}  {self._elapsed():.0f} s  {self._phase}"
            self._write(_CLEAR + line[: width - 1])

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
