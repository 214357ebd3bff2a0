"""The one thing that may be done from the page: a listed drill is started as a process of its own, and stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.watch.seen import DrillBegun, DrillEnded, Row
from harness.watch.state import State

PROGRAM = (sys.executable, "-P", "-c", "from harness.cli.main import main; main()")
END_SECONDS = 90.0
"""A drill that is told to end mends what it broke; longer than that it never takes."""
OUTCOMES: Mapping[int, str] = {0: "pass", 1: "fail", 2: "error", 3: "error", 130: "stopped"}

Why = Literal["unlisted", "running", "down", "between", "early", "idle"]


class Refused(Exception):
    """What was asked for is not done; ``why`` says it in one word, which the page has sentences for."""

    def __init__(self, why: Why) -> None:
        self.why: Why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Listed:
    """A drill as the page lists it."""

    id: str
    vi: str
    en: str
    since: str


class Drills:
    """At most one at a time. ``command`` is what runs v6lab, ``root`` the checkout that it runs in."""

    def __init__(
        self,
        lab: str,
        listed: Sequence[Listed],
        stages: Sequence[str],
        root: Path,
        tell: Callable[[DrillBegun | DrillEnded], None],
        command: Sequence[str] = PROGRAM,
    ) -> None:
        self.listed = {each.id: each for each in listed}
        self._lab, self._stages, self._root = lab, tuple(stages), root
        self._tell, self._command = tell, tuple(command)
        self._process: subprocess.Popen[str] | None = None
        self._waiter: threading.Thread | None = None
        self._lock = threading.Lock()

    def start(self, drill: str, state: State) -> None:
        """Begin a drill. Raises ``Refused``: only what is listed, on a lab that is at a stage, and one at a time."""
        with self._lock:
            if (known := self.listed.get(drill)) is None:
                raise Refused("unlisted")
            if self._is_running() or (state.drill and state.drill.phase != "ended"):
                raise Refused("running")
            if not state.lab.up:
                raise Refused("down")
            if state.lab.state != "at":
                raise Refused("between")
            if self._stages.index(state.lab.stage) < self._stages.index(known.since):
                raise Refused("early")
            self._begin(known.id)

    def stop(self) -> None:
        """Tell the drill to end; it mends what it broke first. Raises ``Refused`` if none of ours is running."""
        with self._lock:
            if not self._is_running():
                raise Refused("idle")
            assert self._process
            self._process.send_signal(signal.SIGTERM)

    def close(self) -> None:
        """Stop the drill, if one is running, and wait until it has mended what it broke."""
        with self._lock:
            process, waiter = self._process, self._waiter
            if process and process.poll() is None:
                process.send_signal(signal.SIGTERM)
        if process and waiter:
            waiter.join(END_SECONDS)
            if process.poll() is None:
                process.kill()
                waiter.join()

    def _is_running(self) -> bool:
        return self._waiter is not None and self._waiter.is_alive()

    def _begin(self, drill: str) -> None:
        directory = tempfile.TemporaryDirectory(prefix="v6lab-watch-")
        file = Path(directory.name) / "drill.json"
        self._process = subprocess.Popen(
            (*self._command, "drill", drill, "--lab", self._lab, "--json", str(file)),
            cwd=self._root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C at the server must not reach it: it is told to end once, by us
        )
        self._tell(DrillBegun(time.monotonic(), drill))
        self._waiter = threading.Thread(target=self._wait, args=(self._process, file, directory), name="watch-drill")
        self._waiter.start()

    def _wait(self, process: subprocess.Popen[str], file: Path, directory: tempfile.TemporaryDirectory[str]) -> None:
        _, said = process.communicate()
        with directory:
            self._tell(ended(time.monotonic(), process.returncode, said, file))


def ended(at: float, code: int, said: str, file: Path) -> DrillEnded:
    """What a drill came to, by its exit code, its last words and the file that it wrote, if it did."""
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    rows = tuple(_row(each) for each in found.get("summary", ()))
    outcome = OUTCOMES.get(code, "error")
    last = [line.strip() for line in said.splitlines() if line.strip()][-2:] if outcome == "error" else []
    why = found.get("error") or "; ".join(found.get("findings", ())) or " ".join(last)
    return DrillEnded(at, outcome, rows, str(why).removeprefix("v6lab: "))


def _row(found: Mapping[str, Any]) -> Row:
    worst = found["worst_ms"]
    return Row(
        str(found["measure"]),
        str(found["family"]),
        str(found["direction"]),
        -1.0 if worst is None else round(float(worst), 1),
        float(found["target_ms"]),
        bool(found["met"]),
    )
