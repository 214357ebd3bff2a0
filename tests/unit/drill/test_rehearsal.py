from pathlib import Path

import pytest

from harness.cli.rehearse import stages
from harness.drill import main_flows
from harness.drill.beside import Beside
from harness.drill.rehearsal import Judged, Limits, Rehearsal, StepSeen
from harness.drill.rehearsal_report import as_data, table
from harness.errors import CannotMeasure, LabFailed, WrongInput
from harness.plan import load as plans
from harness.probe.continuity_result import THERE, FlowResult, direction
from harness.probe.session_age import Age, read
from harness.verdict.readiness import Outcome
from harness.verdict.rehearsal import Stretch
from harness.verdict.verdict import Finding, Verdict

PLAN = plans.load(Path(__file__).parents[3] / "configs/plan.yml")
LIMITS = Limits(0.1, 1000)
ORDER = ("21-pilot", "31-datacentre")
GOOD = Stretch("portal → citizen", 4, "outbound", 1000, 0, 0.0)
DONE = Outcome("portal", "stttt-pc", "IPv4", "done")


def step(old="21-pilot", new="31-datacentre", *, stretches=(GOOD,), unproven=(), journeys=(DONE,), left=None, blind=0):
    return StepSeen(
        old,
        new,
        10.0,
        8.0,
        9.0,
        (("paths", 11.0),),
        stretches,
        unproven,
        journeys,
        1,
        (),
        (),
        5,
        blind,
        3,
        left,
        "hash",
    )


def rehearsal(*steps, checks=None):
    found = Rehearsal("lab", *ORDER, LIMITS, list(steps))
    for stage, outcome in (checks or {}).items():
        verdict = Verdict("BGP-01", stage, "", outcome, subject={"topology": "hash"})
        found.judged[stage] = Judged(stage, (verdict,), 1.0)
    return found


def test_a_step_that_cost_nothing_passes_and_one_that_cost_too_much_fails():
    assert step().outcome(LIMITS) == "pass"
    assert step(stretches=(Stretch("f", 4, "inbound", 1000, 101, 1010.0),)).outcome(LIMITS) == "fail"
    assert step(left=(Finding("edge1", "left over"),)).outcome(LIMITS) == "fail"


def test_what_was_not_measured_is_no_pass():
    assert step(unproven=("portal → citizen IPv4 outbound",)).outcome(LIMITS) == "error"
    assert step(blind=1).outcome(LIMITS) == "error"
    assert step(journeys=(Outcome("p", "h", "IPv4", "not measured"),)).outcome(LIMITS) == "error"


def test_a_rehearsal_is_the_worst_of_its_steps_and_checks_and_one_broken_off_is_an_error():
    assert rehearsal(step(), checks={"21-pilot": "pass"}).outcome() == "pass"
    assert rehearsal(step(), checks={"21-pilot": "fail"}).outcome() == "fail"
    assert rehearsal().outcome() == "error"
    broken = rehearsal(step())
    broken.error = LabFailed("a daemon died")
    assert broken.outcome() == "error"


def test_the_record_lists_stage_check_and_outcome_and_what_each_step_cost():
    data = as_data(rehearsal(step(left=()), checks={"21-pilot": "pass"}))
    assert data["stages"]["21-pilot"]["checks"] == {"BGP-01": "pass"}
    (one,) = data["steps"]
    assert one["convergence"][0]["loss_ms"] == 0.0
    assert (one["rolled_back_to_equal"], one["checks_before"], one["checks_after"]) == (True, {"BGP-01": "pass"}, None)
    assert one["sub_actions"] == [{"name": "paths", "at_s": 1.0}]


def test_the_table_has_a_line_a_step_and_says_how_it_ended():
    text = table(rehearsal(step(), step("31-datacentre", "21-pilot", left=()), checks={"21-pilot": "pass"}))
    assert "31-datacentre → 21-pilot" in text
    assert "as before" in text
    assert text.endswith("21-pilot → 31-datacentre and back: pass in 0 s")


def test_the_table_is_there_in_vietnamese_too():
    steps = step(), step("31-datacentre", "21-pilot", left=())
    text = table(rehearsal(*steps, checks={"21-pilot": "pass"}), "vi")
    assert "như cũ" in text
    assert text.endswith("diễn tập 21-pilot → 31-datacentre và quay lui: đạt trong 0 giây")
    assert not {"pass", "before", "lost", "checks"} & set(text.split())


def test_only_steps_forward_enter_a_stage_and_each_knows_what_was_judged_before():
    found = rehearsal(step("31-datacentre", "21-pilot"), step(), checks={"21-pilot": "pass"})
    (entered,) = found.entered(ORDER)
    assert (entered.old, entered.checks, entered.judged_on) == ("21-pilot", {"BGP-01": "pass"}, {"hash"})


@pytest.mark.parametrize(
    ("start", "end", "at"),
    [("21", None, ""), (None, "nowhere", ""), ("21-pilot", "21-pilot", ""), (None, "21-pilot", "21-pilot")],
)
def test_a_stage_that_is_none_and_a_walk_to_where_one_is_are_refused(start, end, at):
    with pytest.raises(WrongInput):
        stages(PLAN, start, end, at)


def test_without_a_word_it_goes_from_where_the_lab_is_to_the_last_stage():
    assert stages(PLAN, None, None, "") == ("00-baseline", "40-ipv6-only")
    assert stages(PLAN, None, None, "32-wan") == ("32-wan", "40-ipv6-only")
    assert stages(PLAN, "31-datacentre", "21-pilot", "40-ipv6-only") == ("31-datacentre", "21-pilot")


def test_a_way_that_lost_packets_before_the_step_proves_nothing():
    whole, cut = (direction(states, THERE, 0.0, 0.01) for states in ([3] * 100, [3] * 10 + [0] + [3] * 89))
    result = FlowResult("portal → citizen", "portal", "citizen", 4, whole, cut)
    assert main_flows.lost_before((result,), 0.05) == ()
    assert main_flows.lost_before((result,), 0.5) == ("portal → citizen IPv4 inbound",)
    assert [each.lost for each in main_flows.stretches((result,))] == [0, 1]


def test_what_goes_on_beside_is_done_again_and_again_and_its_error_comes_out():
    seen = []
    with Beside("looks", lambda: seen.append(1), 0.0) as beside:
        while len(seen) < 3:
            pass
    assert beside.rounds == len(seen) >= 3
    with pytest.raises(CannotMeasure, match="looks: no server"), Beside("looks", refused, 0.0):
        pass


def refused():
    raise CannotMeasure("no server")


def test_sessions_are_read_with_their_age_and_how_often_they_were_lost():
    peers = {
        "3fff::2": {"state": "Established", "peerUptimeMsec": 25000, "connectionsDropped": 1},
        "3fff::3": {"state": "Active", "peerUptimeMsec": 4000},
    }
    assert read({"ipv6Unicast": {"peers": peers}}) == {
        (6, "3fff::2"): Age(True, 1, 25.0),
        (6, "3fff::3"): Age(False, 0, 0.0),
    }


def test_a_report_finds_when_packets_were_lost_what_became_of_journeys_and_every_verdict():
    lossy = Stretch("portal → citizen", 4, "outbound", 1000, 5, 50.0, at=10.25)
    lost = Outcome("portal", "stttt-pc", "IPv4", "lost", "open portal", "no answer")
    found = rehearsal(step(stretches=(lossy, GOOD), journeys=(DONE, DONE, lost)), checks={"21-pilot": "pass"})
    (made,) = as_data(found)["steps"]
    assert [each["loss_at_s"] for each in made["convergence"]] == [0.25, None]
    assert made["journeys"]["fates"] == [
        {"journey": "portal", "host": "stttt-pc", "manner": "IPv4", "fates": {"done": 2, "lost": 1}}
    ]
    assert [each["check"] for each in as_data(found)["stages"]["21-pilot"]["verdicts"]] == ["BGP-01"]
