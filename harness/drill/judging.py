"""Running the checks on a lab that is up, as a process of its own, and reading what they said."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
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


def judge(lab: Lab, checks: Sequence[str] | None, out: Path, *, disturbing: bool = False) -> tuple[Verdict, ...]:
    """The verdicts of all checks that only look, or of ``checks`` of them, on the lab as it is now.

    ``disturbing``: those of ``checks`` that change the lab for a moment are asked too.

    What the run leaves (verdicts, JUnit, its output) is in the directory ``out``. Raises ``CannotMeasure`` if the
    checks did not run.
    """
    with usable(out):
        out.mkdir(parents=True, exist_ok=True)
        for stale in (VERDICTS, JUNIT):
            (out / stale).unlink(missing_ok=True)
    answer = _run(command(lab, checks, out.resolve(), disturbing=disturbing), Path(lab.record.project), out / LOG)
    if answer not in RAN:
        raise CannotMeasure(f"the checks did not run (pytest ended with {answer}): {out / LOG}")
    return read(out / VERDICTS)


def command(lab: Lab, checks: Sequence[str] | None, out: Path, *, disturbing: bool = False) -> tuple[str, ...]:
    """The command line of the run."""
    files = (f"--verdicts={out / VERDICTS}", f"--junitxml={out / JUNIT}")
    only = ("--check", ",".join(checks)) if checks else ()
    where = directory(Path(lab.record.project))
    program = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(where))
    return (*program, "-m", "" if disturbing else "not disturbs", "--lab", lab.name, *only, *files)


def directory(project: Path) -> Path:
    """The checks of a project; those of this package's checkout where it has none of its own."""
    own = project / CHECKS
    return own if own.is_dir() else Path(__file__).resolve().parents[2] / CHECKS


def _run(argv: Sequence[str], project: Path, log: Path) -> int:
    try:
        with log.open("wb") as said:
            return subprocess.run(
                argv, cwd=project, stdin=subprocess.DEVNULL, stdout=said, stderr=said, timeout=SECONDS, check=False
            ).returncode
    except subprocess.TimeoutExpired as error:
        raise CannotMeasure(f"the checks did not end in {SECONDS:.0f} s: {log}") from error
    except OSError as error:
        raise unusable(error, log) from error


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
