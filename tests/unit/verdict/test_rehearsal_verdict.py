from harness.verdict import rehearsal
from harness.verdict.readiness import Outcome
from harness.verdict.rehearsal import Entered, Session, Stretch, Unserved
from harness.verdict.verdict import Verdict


def stretch(lost, outage_ms, sent=1000):
    return Stretch("portal → citizen", 4, "outbound", sent, lost, outage_ms)


def test_one_packet_in_a_thousand_is_allowed_and_two_are_not():
    assert rehearsal.carried([stretch(1, 10)], 0.1, 1000) == ()
    (found,) = rehearsal.carried([stretch(2, 10)], 0.1, 1000)
    assert "lost 2 of 1000 packets (0.20 %)" in str(found)


def test_a_long_gap_is_found_also_where_few_packets_were_lost_of_many():
    (found,) = rehearsal.carried([stretch(101, 1010, sent=1_000_000)], 0.1, 1000)
    assert "out for 1010 ms" in str(found)


KEY = ("edge1", 6, "3fff::2")


def test_a_session_that_stayed_up_is_none():
    assert rehearsal.flapped({KEY: Session(True, 0, 100)}, {KEY: Session(True, 0, 119)}, 20.0) == ()


def test_a_session_that_was_lost_or_is_younger_than_the_step_or_down_flapped():
    before = {KEY: Session(True, 0, 100)}
    for after in (Session(True, 1, 120), Session(True, 0, 5), Session(False, 0, 0)):
        assert len(rehearsal.flapped(before, {KEY: after}, 20.0)) == 1, after


def test_a_session_that_the_stage_brings_or_takes_or_that_was_down_is_no_flap():
    new = {KEY: Session(True, 0, 3)}
    assert rehearsal.flapped({}, new, 20.0) == rehearsal.flapped(new, {}, 20.0) == ()
    assert rehearsal.flapped({KEY: Session(False, 2, 0)}, new, 20.0) == ()


def journey(fate, manner="IPv4"):
    return Outcome("portal", "stttt-pc", manner, fate, "open", "silence")


def test_a_lost_journey_is_told_once_with_how_often_and_only_of_the_manner_that_was_asked_for():
    made = [journey("done"), journey("lost"), journey("lost"), journey("lost", "IPv6"), journey("not measured")]
    (found,) = rehearsal.travelled(made, "IPv4")
    assert "lost 2 times" in str(found)
    assert len(rehearsal.travelled(made)) == 2


def test_a_gate_is_closed_by_a_check_that_did_not_pass_and_by_none_at_all():
    assert rehearsal.closed("31", {"BGP-01": "pass", "FO-06": "skip"}) == ()
    assert [str(each) for each in rehearsal.closed("31", {"BGP-01": "fail"})] == [
        "gate behind 31: BGP-01 is fail (expected pass)"
    ]
    assert len(rehearsal.closed("31", {"BGP-01": "error"})) == len(rehearsal.closed("31", {})) == 1
    assert rehearsal.closed("31", None)


def test_a_stage_entered_on_another_topology_than_was_judged_is_found():
    good = {"BGP-01": "pass"}
    assert rehearsal.gates([Entered("21", "31", good, frozenset({"a"}), "a")]) == ()
    assert rehearsal.gates([Entered("21", "31", good, frozenset({"b"}), "a")])
    assert rehearsal.gates([Entered("21", "31", good, frozenset({"a", "b"}), "a")])
    assert rehearsal.gates([Entered("21", "31", {"BGP-01": "fail"}, frozenset({"a"}), "a")])


def test_the_worst_point_of_a_check_is_its_outcome():
    verdicts = [Verdict("BGP-01", "31", "", outcome) for outcome in ("pass", "fail", "error")]
    assert rehearsal.by_check(verdicts) == {"BGP-01": "fail"}


def test_a_longer_way_and_one_that_no_longer_answers_are_found():
    before = {"a": 5, "b": 5, "c": None, "d": 5}
    found = rehearsal.paths_alike(before, {"a": 5, "b": 6, "c": None, "d": None})
    assert [each.where for each in found] == ["b", "d"]
    assert rehearsal.paths_alike(before, {"a": 4}) == ()


def test_what_was_published_and_not_served_is_told_once_a_port():
    seen = [Unserved("www", "3fff::31", 443, at, "silence") for at in (11.0, 12.0)]
    (found,) = rehearsal.served(seen, 10.0)
    assert "2 times, first after 1.0 s" in str(found)
    assert rehearsal.served([], 10.0) == ()
