"""The evidence that verdicts refer to, looked up in the histories of the run: what was asked, by whom, and the answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.history.event import Event, from_line
from harness.history.results import Damaged

LONGEST = 1200
"""Characters of one event; all of it is in the history, at its number."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One event as it is shown: ``asked`` and ``answer`` are its data as JSON, cut where ``cut``."""

    reference: str
    wall: str
    node: str
    kind: str
    text: str
    cut: bool


class Evidence:
    """The events of one run's histories that somebody refers to. Each file is read once, and only if it is needed."""

    def __init__(self, directory: Path, wanted: Iterable[str]) -> None:
        self.damaged: list[Damaged] = []
        self._events: dict[str, list[Event]] = {}
        numbers: dict[str, set[int]] = {}
        for reference in wanted:
            worker, _, number = reference.rpartition(":")
            if number.isdecimal():
                numbers.setdefault(worker, set()).add(int(number))
        for worker, some in numbers.items():
            self._read(directory / (f"history-{worker}.jsonl" if worker else "history.jsonl"), worker, some)

    def of(self, reference: str, at: str) -> Shown | None:
        """The event of a reference in a result of the instant ``at``; ``None`` if the histories no longer have it.

        A command that is run again goes on in the same file and counts from 1 again, so the last one before is meant.
        """
        meant = [each for each in self._events.get(reference, ()) if each.wall <= at]
        if not meant:
            return None
        event = meant[-1]
        text = _text(event.data)
        return Shown(reference, event.wall, event.node, event.kind, text[:LONGEST], len(text) > LONGEST)

    def _read(self, file: Path, worker: str, numbers: set[int]) -> None:
        if "/" in worker or not file.is_file():
            return
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError as error:
            self.damaged.append(Damaged(file, str(error.strerror)))
            return
        lines.pop()  # empty after a whole last line, else the line that its writer did not finish
        for place, line in enumerate(lines, start=1):
            try:
                event = from_line(line)
                if event.number in numbers:
                    self._events.setdefault(f"{worker}:{event.number}" if worker else str(event.number), []).append(
                        event
                    )
            except (ValueError, TypeError) as error:
                self.damaged.append(Damaged(file, f"line {place} is not a line of a history: {error}"))
                return


def _text(data: Mapping[str, object]) -> str:
    """An event's data, a line a field, without what is empty."""
    return "\n".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in data.items()
        if value not in ("", None, [], {})
    )
