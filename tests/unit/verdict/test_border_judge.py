from dataclasses import replace

from harness.verdict import border
from harness.verdict.bgp import SessionEnd
from harness.verdict.border import Segment, Tripped


def end(**info):
    return SessionEnd("edge1", "3fff::2", 6, {"addressFamilyInfo": {"ipv6Unicast": info}})


def said(findings):
    return [each.what for each in findings]


def test_a_neighbour_without_a_policy_that_gives_or_gets_is_found():
    assert not border.safety_net("edge1", set(), set())
    assert said(border.safety_net("edge1", {"2001:db8::/32"}, {"::/0"})) == [
        "2001:db8::/32 is taken without a policy",
        "::/0 is told without a policy",
    ]


def test_a_limit_that_ends_the_session_and_warns_in_time_is_good():
    assert not border.limits([end(prefixAllowedMax=1000, prefixAllowedWarningThresh=80)], 80)


def test_a_missing_limit_one_that_only_warns_and_one_that_warns_late_are_found():
    ends = [
        SessionEnd("edge1", "3fff::2", 6, None),
        end(),
        end(prefixAllowedMax=1000, prefixAllowedWarningThresh=80, prefixAllowedMaxWarning=True),
        end(prefixAllowedMax=1000, prefixAllowedWarningThresh=95),
    ]
    assert [len(border.limits([each], 80)) for each in ends] == [1, 1, 1, 1]
    other_family = SessionEnd("edge1", "3fff::2", 6, {"addressFamilyInfo": {"ipv4Unicast": {"prefixAllowedMax": 1000}}})
    assert border.limits([other_family], 80)


GOOD = Tripped("edge1", 1000, "Established", 0.2, "Idle", {"edge1": "0601", "viettel": "0601"}, 801, {})


def test_a_session_that_trips_as_it_should_has_nothing_found():
    assert not border.tripped(GOOD, 5, 80)


def test_each_way_to_trip_wrongly_is_found():
    wrong = {
        "Idle at 1000 prefixes already": replace(GOOD, at_limit="Idle"),
        "still Established above its limit of 1000 prefixes": replace(GOOD, seconds=None, state="Established"),
        "Idle after 7.0 s": replace(GOOD, seconds=7.0),
        "ended by 0602 at viettel": replace(GOOD, reasons={"edge1": "0601", "viettel": "0602"}),
        "no warning on the way to the limit": replace(GOOD, warned=None),
        "warned at 951 of 1000 prefixes": replace(GOOD, warned=951),
        "edge1 neighbour 192.0.2.1 went Active with it": replace(GOOD, others={"edge1 neighbour 192.0.2.1": "Active"}),
    }
    for what, seen in wrong.items():
        assert said(border.tripped(seen, 5, 80)) == [what]


def test_segments_both_ways_signed_and_of_full_ttl_are_good():
    assert not border.protected("edge1", [Segment("a", 255, True), Segment("b", 255, True)], ("a", "b"))


def test_a_silent_end_an_unsigned_and_a_low_segment_are_found():
    good = Segment("a", 255, True)
    assert said(border.protected("edge1", [good], ("a", "b"))) == ["no segment from b passes"]
    assert said(border.protected("edge1", [good, Segment("b", 255, False)], ("a", "b"))) == [
        "b does not sign its segments"
    ]
    assert said(border.protected("edge1", [good, Segment("b", 1, True)], ("a", "b"))) == ["b sends with TTL 1"]


def test_a_session_that_comes_up_though_it_should_not_is_found():
    assert not border.refused("edge1", "a wrong key", ["Idle", "Active", "OpenSent"])
    assert said(border.refused("edge1", "TTL 254", ["Active", "Established"])) == ["Established with TTL 254"]
