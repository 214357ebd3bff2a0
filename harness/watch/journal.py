"""What is written about a lab on disk, as it is written: its record, the history of its run, the latest verdicts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.history.event import Event, from_line
from harness.history.history import FILES, OBSERVED
from harness.history.run import RunDirectory
from harness.lab import record as records
from harness.lab.record import Record
from harness.verdict.verdict import Outcome, worst
from harness.watch.reduce import KEPT_EVENTS, written_at
from harness.watch.seen import Logged, Recorded, VerdictsSeen

PAST_BYTES = 1 << 20
"""Of each file of a run that began long ago the end is enough; the line that this cuts is no event, and left out."""
PROBE, LONGEST_HEAD = '"kind":"probe.', 200
NOT_GREEN: tuple[Outcome, ...] = ("fail", "error")


@dataclass(slots=True)
class Journal:
    """Reads on where it stopped. ``verdicts`` is the file that is watched in place of the run's own."""

    lab: str
    verdicts: Path | None = None
    _read: dict[Path, int] = field(default_factory=dict)
    _written: tuple[Path, int, int] | None = None
    _standing: Recorded | None = None

    def record(self) -> tuple[Record | None, tuple[Recorded, ...]]:
        """The lab's record, ``None`` if there is no lab; and the news, if it says something else than before."""
        try:
            found = records.read(self.lab)
        except HarnessError:
            self._standing = None
            return None, ()
        now = Recorded(time.monotonic(), found.stage, found.state, found.cause)
        before, self._standing = self._standing, now
        same = before and (before.stage, before.state, before.cause) == (now.stage, now.state, now.cause)
        return found, () if same else (now,)

    def past(self, run: Path) -> tuple[Logged, ...]:
        """The last events of a run that is followed from now on."""
        self._read = {file: max(0, file.stat().st_size - PAST_BYTES) for file in run.glob(FILES)}
        events = sorted(self._new_events(run), key=lambda event: event.at)
        return tuple(Logged(event, past=True) for event in events[-KEPT_EVENTS // 2 :])

    def news(self, run: Path) -> Iterator[Logged | VerdictsSeen]:
        """What has been written since the last look."""
        for event in self._new_events(run):
            yield Logged(event)
        yield from self._new_verdicts(self.verdicts or RunDirectory(run).verdicts)

    def _new_events(self, run: Path) -> Iterator[Event]:
        """Events that say what was done; what probes observed is on the page already, measured anew."""
        for file in sorted(run.glob(FILES)):
            for line in self._new_lines(file):
                if PROBE in line[:LONGEST_HEAD]:  # nearly all are, and to read them costs
                    continue
                with suppress(ValueError):
                    if not (event := from_line(line)).kind.startswith(OBSERVED):
                        yield event

    def _new_lines(self, file: Path) -> list[str]:
        """Whole lines only: the rest is read when its writer has finished it."""
        at = self._read.get(file, 0)
        try:
            if file.stat().st_size <= at:
                return []
            with file.open("rb") as opened:
                opened.seek(at)
                taken, newline, _ = opened.read().rpartition(b"\n")
        except OSError:
            return []
        self._read[file] = at + len(taken) + len(newline)
        return taken.decode("utf-8", "replace").split("\n") if newline else []

    def _new_verdicts(self, file: Path) -> Iterator[VerdictsSeen]:
        try:
            about = file.stat()
            signature = file, about.st_mtime_ns, about.st_size
            if signature == self._written:
                return
            found = json.loads(file.read_text(encoding="utf-8"))
            yield verdicts_of(found, time.monotonic(), written_at(about.st_mtime))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none there, or it is being written
            return
        self._written = signature


def verdicts_of(found: list[dict[str, Any]], at: float, written: str) -> VerdictsSeen:
    """What a list of verdicts comes to, check by check."""
    outcomes: dict[str, list[Outcome]] = {}
    findings: dict[str, str] = {}
    for each in found:
        outcomes.setdefault(str(each["check"]), []).append(each["outcome"])
        if each["outcome"] in NOT_GREEN:
            findings.setdefault(str(each["check"]), str((each.get("findings") or [each.get("where", "")])[0]))
    return VerdictsSeen(at, written, {check: worst(all_) for check, all_ in sorted(outcomes.items())}, findings)
