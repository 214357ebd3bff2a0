"""The judge of mutants: caught, missed, a false alarm, and all that proves nothing."""

from __future__ import annotations

import pytest

from harness.verdict.mutant import judge, outcomes
from harness.verdict.verdict import Verdict

RED, GREEN = {"A": "fail", "B": "pass"}, {"A": "pass"}


def judged(during=RED, after=GREEN, unreached=()):
    return judge(("A",), ("B",), unreached, during, after)


def test_caught_and_green_again_is_a_pass():
    found = judged()
    assert (found.outcome, found.findings, found.red, found.green) == ("pass", (), ("A",), ("B",))


@pytest.mark.parametrize(
    ("during", "after", "outcome", "says"),
    [
        ({"A": "pass", "B": "pass"}, GREEN, "fail", "caught by: A is pass (expected fail)"),
        ({"A": "skip", "B": "pass"}, GREEN, "fail", "caught by: A is skip (expected fail)"),
        ({"A": "fail", "B": "fail"}, GREEN, "fail", "stays green: B is fail (expected pass)"),
        ({"A": "error", "B": "pass"}, GREEN, "error", "caught by: A is error (expected fail)"),
        ({"B": "pass"}, GREEN, "error", "caught by: A was not measured (expected fail)"),
        ({"A": "fail", "B": "error"}, GREEN, "error", "stays green: B is error (expected pass)"),
        ({"A": "fail"}, GREEN, "error", "stays green: B was not measured (expected pass)"),
        (RED, {"A": "fail"}, "error", "green again: A is fail (expected pass)"),
    ],
)
def test_all_else_is_said(during, after, outcome, says):
    found = judged(during, after)
    assert (found.outcome, [str(each) for each in found.findings]) == (outcome, [says])


def test_what_was_not_reached_proves_nothing_not_even_that_nobody_noticed():
    found = judged({}, {}, ("no such route",))
    assert found.outcome == "error"
    assert [str(each) for each in found.findings] == ["reached: no such route"]


def test_of_several_points_of_a_check_the_worst_counts():
    points = [Verdict("A", "s", "IPv4", "pass"), Verdict("A", "s", "IPv6", "fail"), Verdict("B", "s", "x", "pass")]
    assert outcomes(points) == {"A": "fail", "B": "pass"}
