"""What goes on beside a stage step, over and over until the step is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from harness.errors import CannotMeasure


class Beside:
    """Calls ``once`` in a thread of its own again and again, from ``with`` to its end, at most once in ``every`` seconds.

    ``CannotMeasure`` comes out at the end of ``with``, unless the body ends with an error of its own.
    """

    def __init__(self, name: str, once: Callable[[], None], every: float) -> None:
        self.rounds = 0
        self._once, self._every = once, every
        self._ended = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Beside:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        if kind is None and self._error:
            raise CannotMeasure(f"{self._thread.name}: {self._error}") from self._error

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                self._once()
                self.rounds += 1
                self._ended.wait(self._every)
        except Exception as error:  # it is told by whoever waits for the thread
            self._error = error
