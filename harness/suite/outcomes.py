"""Outcomes: in a check only a judge says fail and only a named lack says skip; all else that goes wrong is an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.errors import MissingCapability
from harness.suite.selection import ids
from harness.verdict.verdict import Finding, Outcome, Verdict

SAID = pytest.StashKey["Said"]()
VERDICTS = "v6lab_verdicts"
"""The attribute of a report that carries its verdicts, from an xdist worker to the controller too: JSON values only."""


class Judged(AssertionError):
    """A judge said fail."""


class Said:
    """What a test has handed over so far: a judge's findings, the evidence and the place."""

    def __init__(self) -> None:
        self.findings: list[str] = []
        self.evidence: list[str] = []
        self.where = ""

    def hand_over(self, findings: tuple[Finding, ...], evidence: tuple[str, ...] = (), where: str = "") -> None:
        """None is a pass, any is a failure that lists them all."""
        self.findings, self.evidence, self.where = [str(each) for each in findings], list(evidence), where
        if findings:
            raise Judged("\n".join(self.findings))


def settle(item: pytest.Item, call: pytest.CallInfo[Any], report: Any) -> None:
    """Give a check's report the outcome that it has by the rules above."""
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, MissingCapability):
        report.outcome = "skipped"
        report.longrepr = (str(item.path), item.location[1] or 0, f"Skipped: {error}")
    elif error is not None and not isinstance(error, (Judged, pytest.skip.Exception)) and call.when == "call":
        report.when = "setup"  # what pytest, and JUnit, call an error


def outcome_of(report: Any, error: BaseException | None) -> Outcome:
    """The word for what became of a test."""
    if isinstance(error, Judged):
        return "fail"
    if report.outcome == "skipped":
        return "skip"
    return "pass" if error is None else "error"


def add_verdicts(
    item: pytest.Item, report: Any, error: BaseException | None, stage: str, subject: Mapping[str, str]
) -> None:
    """Attach a verdict for each check that the test measures to its report."""
    outcome = outcome_of(report, error)
    said = item.stash.get(SAID, Said())
    findings = said.findings or ([str(error)] if error and outcome != "fail" else [])
    found = [
        Verdict(
            check,
            stage,
            said.where or item.name,
            outcome,
            tuple(findings),
            tuple(said.evidence),
            report.duration,
            subject,
        )
        for check in ids(item)
    ]
    setattr(report, VERDICTS, [each.as_data() for each in found])


def write(file: Path, verdicts: list[dict[str, Any]]) -> None:
    """The verdicts of a run as a JSON list."""
    file.write_text(json.dumps(verdicts, indent=1, ensure_ascii=False), encoding="utf-8")
