"""What the gate writes for people: its one result, whether or not a lab ever had the change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.cli.gate_page import page
from harness.drill.gate import Report
from harness.history.history import History
from harness.lab.project import Project
from tests.unit.report.left import GATE

PROJECT = Project(Path(__file__).parents[3])


def test_a_bad_change_is_shown_with_its_first_cause_and_its_evidence(tmp_path):
    with History(tmp_path / "history-gw0.jsonl") as history:
        history.append("exec", "ns1", {"stdout": "what the router answered"})
    red = replace(GATE.verdicts[0], evidence=("gw0:1",))
    text = page(replace(GATE, run=str(tmp_path), verdicts=(red, *GATE.verdicts[1:])), PROJECT)
    assert "IPv6 family not negotiated" in text
    assert "what the router answered" in text
    assert 'lang="vi"' in text
    assert 'lang="en"' in text
    assert str(tmp_path) in text
    assert "v6lab-gate-" not in text


def test_a_change_that_no_lab_ever_had_is_shown_with_why():
    text = page(Report("candidates/typo", refused="frr on edge2 refuses it: unknown command"), PROJECT)
    assert "frr on edge2 refuses it: unknown command" in text
    assert "candidates/typo" in text
