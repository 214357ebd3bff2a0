import pytest
from stepped import stepped

from harness.errors import CannotMeasure
from harness.verdict import migration as judge
from harness.verdict import rehearsal as rehearsed
from harness.verdict.verdict import Finding

pytestmark = [pytest.mark.disturbs, pytest.mark.long]


@pytest.fixture(scope="module")
def step(lab, history, plan):
    """The step from the stage before to the lab's: broken off, taken back, made, and made again."""
    return stepped(lab, history, plan)


@pytest.mark.check("MIG-02")
def test_a_step_that_has_been_made_changes_nothing_when_it_is_made_again(step, judged):
    judged(judge.made_twice(step.changed, (), step.twice), step.evidence)


@pytest.mark.check("MIG-03")
def test_a_step_that_is_taken_back_leaves_exactly_what_was_before_and_ipv4_untouched(step, judged):
    judged(judge.taken_back(step.between, step.left_back, step.reset), step.evidence)


@pytest.mark.check("MIG-06")
def test_new_bgp_sessions_come_up_before_they_announce_and_leave_ipv4_alone(step, judged):
    if not step.fresh:
        raise CannotMeasure("the step brings no new session with another network")
    judged((*judge.silent_first(step.looks, step.fresh), *step.kept), step.evidence)


@pytest.mark.check("MIG-07")
def test_filters_stand_before_the_first_router_advertisement(step, judged):
    if not step.advertised:
        raise CannotMeasure("no LAN gets IPv6 in this step")
    judged(judge.fenced_first(step.looks, step.advertised), step.evidence)


@pytest.mark.check("MIG-09")
def test_a_step_that_was_broken_off_leaves_ipv4_and_the_fences_standing_and_goes_on_or_back(step, judged):
    if not any(each.fate == "done" for each in step.journeys):
        raise CannotMeasure("not one journey was made in IPv4 while the step was broken off")
    if unknown := [each for each in step.congruent if each.outcome == "error"]:
        raise CannotMeasure(f"SEC-01 could not be measured meanwhile: {unknown[0].findings}")
    findings = (*rehearsed.travelled(step.journeys), *judge.taken_back(step.between, (), ()), *step.left)
    wrong = [
        Finding("SEC-01 meanwhile", one) for each in step.congruent if each.outcome == "fail" for one in each.findings
    ]
    judged((*findings, *wrong), step.evidence)
