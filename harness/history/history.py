"""The time-stamped record of what probes saw and what the lab did, written as it goes and heard by listeners."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from harness.errors import WrongInput
from harness.history.event import Event, from_line, plain, to_line
from harness.history.silence import Silences

Listener = Callable[[Event], None]
"""Hears each event right after it was written, on the thread that appended it."""

OBSERVED = ("probe.", "history.")
"""Events of these kinds leave the lab as it was."""
LISTENER_FAILED = "history.listener-failed"
"""Kind of the event that says why a listener is no longer called."""

FILES = "history*.jsonl"
"""The histories in a run's directory: one for each worker."""


class History:
    """Thread-safe; keeps all events in memory and, given a ``path``, each one as a flushed line of JSON there.

    ``worker`` is the name of this process where several write side by side, each into a file of its own.
    """

    def __init__(self, path: Path | None = None, *, worker: str = "") -> None:
        self.path, self.worker = path, worker
        self.silences = Silences()
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._listeners: list[Listener] = []
        self._file: TextIO | None = path.open("a", encoding="utf-8") if path else None

    def append(
        self, kind: str, node: str = "", data: Mapping[str, Any] | None = None, at: float | None = None
    ) -> Event:
        """Add an event that happened ``at`` (CLOCK_MONOTONIC seconds, now if not given) and tell the listeners.

        A listener that raises is not called again; an event says so. Nobody's measurement fails for it.
        """
        if not kind.startswith(OBSERVED):
            self.silences.forget()
        now = time.monotonic()
        at = now if at is None else at
        wall = datetime.fromtimestamp(time.time() - (now - at), UTC).isoformat(timespec="microseconds")
        with self._lock:
            event = Event(len(self._events) + 1, at, wall, kind, node, plain(data or {}), self.worker)
            self._events.append(event)
            if self._file:
                self._file.write(to_line(event) + "\n")
                self._file.flush()
            listeners = tuple(self._listeners)
        for listener in listeners:
            self._tell(listener, event)
        return event

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` for each event from now on; the callable that is returned ends that."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            self._drop(listener)

        return stop

    def events(self, kind: str = "", node: str = "", since: float = float("-inf")) -> tuple[Event, ...]:
        """Events at or after ``since`` whose kind is ``kind`` or begins with ``kind`` and a dot, at ``node``."""
        with self._lock:
            events = tuple(self._events)
        return tuple(event for event in events if _wanted(event, kind, node, since))

    def close(self) -> None:
        """Close the file; what was appended stays readable here and there."""
        with self._lock:
            if self._file:
                self._file.close()
                self._file = None

    def __enter__(self) -> History:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _tell(self, listener: Listener, event: Event) -> None:
        try:
            listener(event)
        except Exception as error:  # a page that cannot draw must not cost a measurement
            if self._drop(listener):
                self.append(
                    LISTENER_FAILED, "", {"listener": repr(listener), "error": f"{type(error).__name__}: {error}"}
                )

    def _drop(self, listener: Listener) -> bool:
        """Forget ``listener``; false if somebody else has done so already."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)
                return True
            return False


def read(path: Path) -> tuple[Event, ...]:
    """The events of one file or, for a directory, of all ``history*.jsonl`` in it, merged by time.

    A last line that was cut off (its writer was killed) is left out. Raises ``WrongInput`` for a file that is not
    there or holds anything else.
    """
    files = sorted(path.glob(FILES)) if path.is_dir() else [path]
    if not files:
        raise WrongInput("no history here", where=path, hint="give a run's directory, e.g. runs/<lab>/latest")
    return merge(_read_file(file) for file in files)


def merge(histories: Iterable[Iterable[Event]]) -> tuple[Event, ...]:
    """All events in order of time; those of one instant by worker and number."""
    events = [event for history in histories for event in history]
    return tuple(sorted(events, key=lambda event: (event.at, event.worker, event.number)))


def _read_file(path: Path) -> list[Event]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise WrongInput(f"cannot be read: {error.strerror}", where=path) from error
    lines = text.split("\n")
    lines.pop()  # empty after a whole last line, else the line that its writer did not finish
    events = []
    for number, line in enumerate(lines, start=1):
        try:
            events.append(from_line(line))
        except ValueError as error:
            raise WrongInput(f"not a line of a history: {error}", where=path, line=number) from error
    return events


def _wanted(event: Event, kind: str, node: str, since: float) -> bool:
    return (
        event.at >= since
        and (not node or event.node == node)
        and (not kind or event.kind == kind or event.kind.startswith(kind + "."))
    )
