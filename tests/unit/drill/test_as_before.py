import time
from types import SimpleNamespace

import pytest

from harness.drill import as_before
from harness.drill.as_before import left_over, remember
from harness.drill.held_back import HELD_BACK_SECONDS
from harness.errors import CannotMeasure
from harness.probe.snapshot import UNANSWERED

BEFORE = {"edge1 IPv6 routes": frozenset({"::/0 via fe80::1"}), f"edge1 IPv6 {UNANSWERED}": frozenset({"fe80::9"})}


@pytest.fixture
def lab(tmp_path):
    return SimpleNamespace(name="pilot", nodes={}, record=SimpleNamespace(run=str(tmp_path)))


def test_what_still_differs_when_the_time_is_up_is_named(lab):
    now = {**BEFORE, "edge1 IPv6 routes": frozenset()}
    assert [str(each) for each in left_over(lab, BEFORE, 0.0, lambda: now)] == [
        "edge1 IPv6 routes: no longer there: ::/0 via fe80::1"
    ]


def test_a_lab_that_comes_back_in_time_has_nothing_left_over(lab):
    states = [{**BEFORE, "edge1 IPv6 routes": frozenset()}, BEFORE]
    assert left_over(lab, BEFORE, 5.0, lambda: states.pop(0)) == ()


def test_a_complaint_that_is_gone_is_nothing_left_over(lab):
    assert left_over(lab, BEFORE, 0.0, lambda: {**BEFORE, f"edge1 IPv6 {UNANSWERED}": frozenset()}) == ()


def test_a_lab_that_cannot_be_read_is_never_taken_for_what_it_was(lab):
    def gone():
        raise CannotMeasure("node edge1 has no process")

    with pytest.raises(CannotMeasure, match=r"lab pilot is as before: .*node edge1 has no process"):
        left_over(lab, BEFORE, 0.0, gone)


@pytest.mark.parametrize(("age", "waits"), [(HELD_BACK_SECONDS - 0.2, True), (HELD_BACK_SECONDS + 1, False)])
def test_a_lab_is_remembered_when_no_neighbour_can_hold_news_back(lab, monkeypatch, age, waits):
    began = time.monotonic()
    monkeypatch.setattr(as_before, "newest_session", lambda lab: began - age)
    assert remember(lab, lambda: BEFORE) == BEFORE
    assert (time.monotonic() - began >= 0.2) == waits


def test_nobody_waits_for_news_in_a_lab_that_was_proven_as_before_since(lab, monkeypatch):
    monkeypatch.setattr(as_before, "newest_session", lambda lab: time.monotonic() - 1)
    assert left_over(lab, BEFORE, 0.0, lambda: BEFORE) == ()
    began = time.monotonic()
    monkeypatch.setattr(as_before, "newest_session", lambda lab: began - 1)
    remember(lab, lambda: BEFORE)
    assert time.monotonic() - began < 1
