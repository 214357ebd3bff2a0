"""Progress as it goes: a live line with elapsed time on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from harness.wait import Met


class Screen:
    """Shows phases and how convergence fills; nothing is left running after the ``with``."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._started = self._phase_began = time.monotonic()
        self._phase = ""
        self._met = 0
        self._last = ""
        self._status: Status | None = None

    def __enter__(self) -> Screen:
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()
        if kind is None:
            self._end_phase()

    def phase(self, text: str) -> None:
        """A phase begins; the one before it is over."""
        self._end_phase()
        self._phase, self._phase_began, self._met = text, time.monotonic(), 0
        if self._status:
            self._status.update(escape(text))

    def met(self, condition: Met, left: int) -> None:
        """A condition came true."""
        self._met += 1
        self._last = f", last {condition.name}"
        if self._status:
            self._status.update(f"{self._phase}: {self._met} of {self._met + left}{self._last}")

    def _end_phase(self) -> None:
        if self._phase:
            now = time.monotonic()
            count = f" ({self._met} conditions{self._last})" if self._met else ""
            self._console.print(
                f"[dim]{now - self._started:6.1f} s[/]  {escape(self._phase)}{count}: {now - self._phase_began:.1f} s",
                soft_wrap=True,
            )
        self._phase = ""
