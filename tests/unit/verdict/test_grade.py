"""What an answer to an exercise is worth."""

import pytest

from harness.verdict.grade import Spent, grade

GOALS, KEPT = ("BGP-02", "BGP-03", "BGP-10", "DS-07"), ("BGP-01", "SVC-01")
IN_TIME = Spent(minutes=10.0, allowed=45, hints=0)


def graded(spent=IN_TIME, refused=(), **outcomes):
    said = dict.fromkeys((*GOALS, *KEPT), "pass") | {key.replace("_", "-"): value for key, value in outcomes.items()}
    return grade(said, GOALS, KEPT, refused, spent)


def test_all_green_in_time_and_without_hints_is_full():
    assert (graded().points, graded().outcome) == (100, "pass")


def test_each_goal_is_worth_the_same():
    assert graded(BGP_02="fail").points == 75
    assert graded(BGP_02="fail", BGP_03="fail").points == 50
    assert graded(BGP_02="fail").outcome == "fail"


def test_nothing_is_earned_when_all_goals_are_red():
    found = graded(**{each.replace("-", "_"): "fail" for each in GOALS})
    assert (found.points, found.red) == (0, GOALS)


@pytest.mark.parametrize("outcome", ["fail", "error", "skip"])
def test_nothing_is_earned_by_what_breaks_or_hides_something_else(outcome):
    found = graded(BGP_01=outcome)
    assert found.points == 0
    assert found.outcome == ("fail" if outcome == "fail" else "error")


def test_nothing_is_earned_by_an_answer_that_is_refused():
    found = graded(refused=("a file that must stay was changed",))
    assert (found.points, found.outcome) == (0, "fail")


def test_a_goal_that_could_not_be_measured_is_not_reached_and_not_red():
    found = graded(BGP_03="error")
    assert (found.points, found.outcome, found.unmeasured) == (75, "error", ("BGP-03",))


def test_a_check_that_was_not_asked_was_not_measured():
    assert grade({}, GOALS, KEPT, (), IN_TIME).outcome == "error"
    assert grade({}, GOALS, KEPT, (), IN_TIME).points == 0


@pytest.mark.parametrize(
    ("spent", "points"),
    [
        (Spent(45.0, 45, 0), 100),
        (Spent(45.1, 45, 0), 99),
        (Spent(50.0, 45, 0), 95),
        (Spent(600.0, 45, 0), 70),
        (Spent(10.0, 45, 2), 80),
        (Spent(600.0, 45, 3), 40),
    ],
)
def test_hints_and_overtime_cost_points_and_overtime_not_without_end(spent, points):
    assert graded(spent).points == points
    assert graded(spent).outcome == "pass"


def test_costs_never_make_less_than_nothing():
    found = graded(Spent(600.0, 45, 3), BGP_02="fail", BGP_03="fail", BGP_10="fail")
    assert found.points == 0
