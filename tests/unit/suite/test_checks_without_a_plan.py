"""Which requirements are due on a lab without a plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import WrongInput
from harness.suite.catalogue import NO_PLAN, read

STAGES = ("one", "two")
ENTRY = "{id}: {{item: x, stages: all, vi: x, en: x, criterion: x, reference: x{more}}}\n"
CHECKS = Path(__file__).resolve().parents[3] / "configs" / "checks"


@pytest.mark.parametrize(
    ("more", "stages"),
    [("", STAGES), (", plan: not needed", (*STAGES, NO_PLAN)), (", plan: absent", (NO_PLAN,))],
)
def test_a_requirement_says_whether_it_needs_a_plan(tmp_path: Path, more: str, stages: tuple[str, ...]) -> None:
    (tmp_path / "a.yml").write_text(ENTRY.format(id="A-01", more=more))
    assert read(tmp_path, STAGES)["A-01"].stages == stages


def test_another_word_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(ENTRY.format(id="A-01", more=", plan: maybe"))
    with pytest.raises(WrongInput, match=r"A-01\.plan: 'maybe' is not known"):
        read(tmp_path, STAGES)


def test_on_a_lab_without_a_plan_the_checks_of_any_network_are_due_and_no_others() -> None:
    stages = ("00-baseline", "12-prepare", "21-pilot", "31-datacentre", "32-wan", "33-complete", "40-ipv6-only")
    due = {key for key, check in read(CHECKS, stages).items() if NO_PLAN in check.stages}
    assert due == {"ANY-01", "ANY-02", "ANY-03", "ANY-04"}


def test_a_requirement_may_be_due_at_single_stages(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(ENTRY.format(id="A-01", more="").replace("all", "[two]"))
    assert read(tmp_path, STAGES)["A-01"].stages == ("two",)
    (tmp_path / "a.yml").write_text(ENTRY.format(id="A-01", more="").replace("all", "[three]"))
    with pytest.raises(WrongInput, match=r"'three' is no stage"):
        read(tmp_path, STAGES)
