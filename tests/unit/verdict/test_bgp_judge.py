from pathlib import Path

from harness.plan.load import load
from harness.plan.model import FAMILIES
from harness.verdict import bad_routes, bgp

PLAN = load(Path(__file__).parents[3] / "configs/plan.yml")
UP = {
    "bgpState": "Established",
    "bgpTimerHoldTimeMsecs": 9000,
    "neighborCapabilities": {"multiprotocolExtensions": {"ipv6Unicast": {"advertisedAndReceived": True}}},
    "addressFamilyInfo": {"ipv6Unicast": {"acceptedPrefixCounter": 3}},
}


def end(seen, peer="3fff::2"):
    return bgp.SessionEnd("edge1", peer, 6, seen)


def test_a_session_as_designed_has_nothing_found():
    assert not bgp.sessions([end(UP)])


def test_an_established_session_without_its_family_is_found():
    four = {"multiprotocolExtensions": {"ipv4Unicast": {"advertisedAndReceived": True}}}
    found = bgp.sessions([end(UP | {"neighborCapabilities": four})])
    assert [each.what.split(":")[0] for each in found] == ["IPv6 family not negotiated", "carries ipv4Unicast as well"]


def test_a_session_that_is_down_or_missing_or_empty_is_found():
    empty = UP | {"addressFamilyInfo": {"ipv6Unicast": {"acceptedPrefixCounter": 0}}}
    for seen in (None, UP | {"bgpState": "Active"}, empty):
        assert len(bgp.sessions([end(seen)])) == 1


def test_what_is_announced_beside_the_block_and_a_block_that_is_not_are_found():
    assert not bgp.announced("viettel", {"3fff:d40::/40"}, {"3fff:d40::/40"})
    assert len(bgp.announced("viettel", {"3fff:d41::/48"}, {"3fff:d40::/40"})) == 2


def test_a_third_as_sees_one_path_through_each_isp():
    isps = {"viettel": 64496, "vnpt": 64497}
    assert not bgp.visible("p", [[64496, 65540], [64497, 65540, 65540]], isps, 65540)
    assert len(bgp.visible("p", [[64496, 64497, 65540]], isps, 65540)) == 2


def test_families_that_leave_by_different_isps_are_found():
    assert not bgp.same_way("core1", {4: "edge1", 6: "edge1"})
    assert bgp.same_way("core1", {4: "edge1", 6: "edge2"})


def test_hold_times_and_bfd_timers_are_held_against_each_other():
    assert not bgp.hold_times([end(UP)], 9)
    assert bgp.hold_times([end(UP | {"bgpTimerHoldTimeMsecs": 180000})], 9)
    timers = {"status": "up", "detect-multiplier": 3, "receive-interval": 300, "transmit-interval": 300}
    assert not bgp.bfd([end(timers), end(timers, "198.51.100.2")])
    assert bgp.bfd([end(timers), end(timers | {"receive-interval": 1000}, "198.51.100.2")])
    assert len(bgp.bfd([end(None), end(timers | {"status": "down"})])) == 2


def test_a_selected_route_must_be_in_the_fib_with_its_next_hop():
    assert not bgp.in_fib("edge1", {"::/0": {"fe80::1%viettel"}}, {"::/0": {"fe80::1%viettel"}})
    assert bgp.in_fib("edge1", {"::/0": {"fe80::1%viettel"}}, {"::/0": {"fe80::2%viettel"}})
    assert bgp.in_fib("edge1", {"::/0": {"fe80::1%viettel"}}, {})


def test_paths_from_the_province_hold_its_as_alone():
    assert not bgp.own_paths("viettel", {"3fff:d40::/40": [65540, 65540]}, 65540)
    found = bgp.own_paths("vnpt", {"2001:4:112::/48": [65540, 64496], "3fff::/48": []}, 65540)
    assert [each.where for each in found] == ["vnpt", "vnpt"]


def test_a_prefix_of_one_isp_at_the_other_is_found():
    assert not bgp.no_transit({("viettel", "vnpt"): set(), ("vnpt", "viettel"): set()})
    assert bgp.no_transit({("viettel", "vnpt"): {"2001:4:112::/48"}})[0].where == "viettel to vnpt"


def test_a_bad_prefix_that_is_accepted_and_a_good_one_that_is_not_are_found():
    bad, owed = {"fc00::/7": "unique local"}, {"::/0": "the contracted default"}
    assert not bgp.filtered("edge1", {"::/0"}, bad, owed)
    found = bgp.filtered("edge1", {"fc00::/7"}, bad, owed)
    assert [each.what for each in found] == ["accepts fc00::/7 (unique local)", "drops ::/0 (the contracted default)"]


def test_the_bad_prefixes_spare_what_the_plan_uses_and_name_its_own_block():
    for family in FAMILIES:
        control = bad_routes.CONTROLS[family][0]
        found = bad_routes.bad(PLAN, family, control)
        assert 9 <= len(found) <= 14
        assert str(PLAN.own(family)) in found
        assert control not in found
        assert str(PLAN.blocks["vnix"].networks[family]) not in found
    assert "3fff:d40:ff:ffff::/64" in bad_routes.bad(PLAN, 6, "2001:4:112::/48")
    assert "2001:4:112::/49" in bad_routes.bad(PLAN, 6, "2001:4:112::/48")
    assert "203.0.113.192/26" in bad_routes.bad(PLAN, 4, "192.31.196.0/24")


def test_the_block_ends_at_an_edge_by_one_route():
    assert not bgp.anchored("edge1", "3fff:d40::/40", ["unreachable"])
    for kinds in ([], ["unicast"], ["unreachable", "unicast"]):
        assert len(bgp.anchored("edge1", "3fff:d40::/40", kinds)) == 1


def test_a_packet_to_unused_space_crosses_once_and_does_not_run_out_of_hops():
    assert not bgp.no_loop("unused", "unreachable", "no route", [1, 1])
    assert not bgp.no_loop("unused", "silence", "", [])
    assert len(bgp.no_loop("unused", "unreachable", bgp.LOOPED, [1, 31])) == 2
    assert bgp.no_loop("unused", "reply", "", [1])
