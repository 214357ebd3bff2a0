"""Running the checks on a lab that is up, as a process of its own, and reading what they said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import CannotMeasure, unusable, usable
from harness.lab.lab import Lab
from harness.verdict.verdict import Verdict

CHECKS = Path("tests", "checks")
VERDICTS, JUNIT, LOG = "verdicts.json", "junit.xml", "checks.log"
RAN = (0, 1)
"""What pytest exits with when the tests ran: all passed, some failed."""
SECONDS = 600.0
MENDING = 30.0
DISTURBING = "*_disturbs.py"
"""Modules in which every test disturbs: where none is asked they need not be read."""
WORD = b"!"
PER_PROCESSOR = 3
"""Processes that ask: two thirds of the time of a check it waits."""
MOST_PROCESSES = 12
"""There are no more than some dozens of checks, and most of them are quick."""
UNUSED = ("cacheprovider", "xdist", "xdist.looponfail", "anyio", "unraisableexception")
"""Plugins that a run of checks has no use for, and that cost it a second."""


def judge(lab: Lab, checks: Sequence[str] | None, out: Path, *, disturbing: bool = False) -> tuple[Verdict, ...]:
    """The verdicts of all checks that only look, or of ``checks`` of them, on the lab as it is now.

    ``disturbing``: those of ``checks`` that change the lab for a moment are asked too.

    What the run leaves (verdicts, JUnit, its output) is in the directory ``out``. Raises ``CannotMeasure`` if the
    checks did not run.
    """
    with ready(lab, checks, out, disturbing=disturbing) as run:
        return run.verdicts()


@dataclass(frozen=True, slots=True)
class Ready:
    """A run of checks that has found its tests and waits for the word: starting pytest takes a second or two, in
    which the lab can be changed. It looks at nothing of the lab but its stage before the word."""

    process: subprocess.Popen[bytes]
    word: int
    out: Path

    def verdicts(self) -> tuple[Verdict, ...]:
        """Say the word, once, and read what the checks said. Raises ``CannotMeasure`` if they did not run."""
        log = self.out / LOG
        try:
            with suppress(BrokenPipeError):  # it has ended already; its log says why
                os.write(self.word, WORD)
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired as error:
            raise CannotMeasure(f"the checks did not end in {SECONDS:.0f} s: {log}") from error
        if self.process.returncode not in RAN:
            raise CannotMeasure(f"the checks did not run (pytest ended with {self.process.returncode}): {log}")
        return read(self.out / VERDICTS)


@contextmanager
def ready(lab: Lab, checks: Sequence[str] | None, out: Path, *, disturbing: bool = False) -> Iterator[Ready]:
    """Start a run of checks that waits until it is asked; see ``judge``. One that was not asked is ended.

    It ends by itself when this process does: the pipe of the word is closed then.
    """
    with usable(out):
        out.mkdir(parents=True, exist_ok=True)
        for stale in (VERDICTS, JUNIT):
            (out / stale).unlink(missing_ok=True)
    log = out / LOG
    heard, word = os.pipe()
    argv = (*command(lab, checks, out.resolve(), disturbing=disturbing), f"--on-word={heard}")
    with ExitStack() as stack:
        stack.callback(os.close, word)
        try:
            process = _started(argv, Path(lab.record.project), log, heard)
        except OSError as error:
            raise unusable(error, log) from error
        finally:
            os.close(heard)
        stack.callback(_end, process)
        yield Ready(process, word, out)


def _started(argv: Sequence[str], project: Path, log: Path, heard: int) -> subprocess.Popen[bytes]:
    with log.open("wb") as said:
        return subprocess.Popen(
            argv, cwd=project, stdin=subprocess.DEVNULL, stdout=said, stderr=said, pass_fds=(heard,)
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C would: a check that has broken something for a moment still mends it."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(MENDING)
    process.kill()
    process.wait()


def command(lab: Lab, checks: Sequence[str] | None, out: Path, *, disturbing: bool = False) -> tuple[str, ...]:
    """The command line of the run. All that only look are asked side by side; a few are not worth more processes."""
    files = (f"--verdicts={out / VERDICTS}", f"--junitxml={out / JUNIT}")
    only = ("--check", ",".join(checks)) if checks else ()
    where = directory(Path(lab.record.project))
    program = (sys.executable, "-m", "pytest", "-q", *(f"-pno:{each}" for each in UNUSED), str(where))
    processes = f"--processes={min(PER_PROCESSOR * (os.cpu_count() or 1), MOST_PROCESSES)}"
    workers = () if only or disturbing else ("--capture=sys", processes)
    which = ("-m", "") if disturbing else ("-m", "not disturbs", f"--ignore-glob={DISTURBING}")
    return (*program, *which, "--lab", lab.name, *workers, *only, *files)


def directory(project: Path) -> Path:
    """The checks of a project; those of this package's checkout where it has none of its own."""
    own = project / CHECKS
    return own if own.is_dir() else Path(__file__).resolve().parents[2] / CHECKS


def read(file: Path) -> tuple[Verdict, ...]:
    """The verdicts that a run has written. Raises ``CannotMeasure``."""
    try:
        return tuple(verdict(each) for each in json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError) as error:
        raise CannotMeasure(f"the verdicts cannot be read: {error}") from error


def verdict(data: Mapping[str, Any]) -> Verdict:
    """What ``Verdict.as_data`` was made of."""
    return Verdict(
        data["check"],
        data["stage"],
        data["where"],
        data["outcome"],
        tuple(data["findings"]),
        tuple(data["evidence"]),
        data["seconds"],
        data.get("hashes", {}),
    )
