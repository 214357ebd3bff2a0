from harness.verdict import outage
from harness.verdict.outage import Detection, Loss, Phase, Way

V4 = Way("portal → citizen", 4, "inbound", (Loss(10.0, 300.0), Loss(20.0, 5000.0)))
V6 = Way("portal → citizen", 6, "inbound", (Loss(10.1, 4000.0),))

COMPLAINTS = "without an answer"


def phase(*ways, began=9.0, ended=15.0):
    return Phase("silence", began, ended, ways)


def test_an_outage_is_the_longest_loss_that_began_in_the_phase():
    assert V4.outage_ms(9.0, 15.0) == 300.0
    assert V4.outage_ms(9.0, 30.0) == 5000.0
    assert V4.outage_ms(0.0, 5.0) == 0.0


def test_only_the_way_that_is_out_too_long_is_named():
    (finding,) = outage.recovered(phase(V4, V6), 1000.0)
    assert str(finding) == "portal → citizen IPv6 inbound: out for 4000 ms at silence (expected at most 1000 ms)"
    assert outage.recovered(phase(V4), 1000.0) == ()


def test_a_way_that_must_not_notice_may_lose_nothing():
    assert len(outage.untouched(phase(V4))) == 1
    assert outage.untouched(phase(Way("a", 4, "outbound"))) == ()


def test_late_or_no_detection_is_found():
    found = outage.detected(
        [Detection("edge1", "a", 4, 0.9), Detection("edge1", "b", 6, 8.5), Detection("isp", "c", 6, None)], 1.0
    )
    assert [each.what for each in found] == ["noticed after 8.50 s", "never noticed"]


def test_families_may_differ_by_so_much():
    assert outage.alike({4: 300.0, 6: 900.0}, "silence", 1000.0) == ()
    assert len(outage.alike({4: 300.0, 6: 4000.0}, "silence", 1000.0)) == 1
    assert outage.worst([phase(V4, V6)], 6) == 4000.0


def test_what_is_missing_and_what_is_left_over_is_named():
    before = {"edge1 IPv6 addresses": frozenset({"3fff::1/127 on isp"}), "edge1 rules": frozenset()}
    after = {"edge1 IPv6 addresses": frozenset(), "edge1 rules": frozenset({"table x"})}
    assert [str(each) for each in outage.restored(before, after, COMPLAINTS)] == [
        "edge1 IPv6 addresses: no longer there: 3fff::1/127 on isp",
        "edge1 rules: left over: table x",
    ]
    assert outage.restored(before, before, COMPLAINTS) == ()


def test_a_complaint_that_is_gone_is_no_harm_and_one_that_has_come_is():
    clean, dirty = {f"fw2 IPv6 {COMPLAINTS}": frozenset()}, {f"fw2 IPv6 {COMPLAINTS}": frozenset({"3fff::21 on dmz"})}
    assert outage.restored(dirty, clean, COMPLAINTS) == ()
    assert len(outage.restored(clean, dirty, COMPLAINTS)) == 1


def test_a_session_that_flaps_after_fail_back_is_found():
    assert outage.steady([], 27) == ()
    assert len(outage.steady(["edge1 session with a: Idle"], 27)) == 1
