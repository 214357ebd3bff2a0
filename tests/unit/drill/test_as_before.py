from types import SimpleNamespace

import pytest

from harness.drill.as_before import left_over
from harness.errors import CannotMeasure
from harness.probe.snapshot import UNANSWERED

LAB = SimpleNamespace(name="pilot", nodes={})
BEFORE = {"edge1 IPv6 routes": frozenset({"::/0 via fe80::1"}), f"edge1 IPv6 {UNANSWERED}": frozenset({"fe80::9"})}


def test_what_still_differs_when_the_time_is_up_is_named():
    now = {**BEFORE, "edge1 IPv6 routes": frozenset()}
    assert [str(each) for each in left_over(LAB, BEFORE, 0.0, lambda: now)] == [
        "edge1 IPv6 routes: no longer there: ::/0 via fe80::1"
    ]


def test_a_lab_that_comes_back_in_time_has_nothing_left_over():
    states = [{**BEFORE, "edge1 IPv6 routes": frozenset()}, BEFORE]
    assert left_over(LAB, BEFORE, 5.0, lambda: states.pop(0)) == ()


def test_a_complaint_that_is_gone_is_nothing_left_over():
    assert left_over(LAB, BEFORE, 0.0, lambda: {**BEFORE, f"edge1 IPv6 {UNANSWERED}": frozenset()}) == ()


def test_a_lab_that_cannot_be_read_is_never_taken_for_what_it_was():
    def gone():
        raise CannotMeasure("node edge1 has no process")

    with pytest.raises(CannotMeasure, match=r"lab pilot is as before: .*node edge1 has no process"):
        left_over(LAB, BEFORE, 0.0, gone)
