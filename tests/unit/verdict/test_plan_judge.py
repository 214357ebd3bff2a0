from datetime import date
from ipaddress import IPv6Interface, ip_network
from pathlib import Path

import pytest

from harness.plan.load import load
from harness.plan.model import FAMILIES
from harness.verdict import plan as judge
from harness.verdict.decision import Decision

FILE = Path(__file__).parents[3] / "configs/plan.yml"
PLAN = load(FILE)
TODAY = date(2026, 1, 1)
FOUR, SIX = ip_network("10.10.20.0/24"), ip_network("3fff:d40:10:20::/64")


def changed(directory, old, new):
    text = FILE.read_text()
    assert old in text
    file = directory / "plan.yml"
    file.write_text(text.replace(old, new, 1))
    return load(file)


def test_the_pilots_plan_is_sound():
    for each in (judge.inside_block, judge.host_lans, judge.router_links, judge.overlaps):
        assert not each(PLAN)


def test_a_block_off_the_nibble_boundary_is_found(tmp_path):
    found = judge.inside_block(changed(tmp_path, '6: "3fff:d40::/40"', '6: "3fff:d40::/42"'))
    assert [each.what for each in found] == ["/42 is not on a nibble boundary"]


def test_a_link_number_of_zero_is_found(tmp_path):
    assert judge.router_links(changed(tmp_path, "pool: core, number: 1,", "pool: core, number: 0,"))


def test_an_address_in_no_planned_prefix_is_found():
    assert not judge.planned(PLAN, [("portal", "3fff:d40:1:10::31/64"), ("edge1", "203.0.113.33/32")])
    assert judge.planned(PLAN, [("portal", "3fff:d40:77::1/64")])


def test_a_lan_address_is_of_a_64():
    assert not judge.lengths([("portal eth1", IPv6Interface("3fff::1/64"))])
    assert judge.lengths([("portal eth1", IPv6Interface("3fff::1/72"))])


def test_a_link_address_is_of_a_legal_127():
    assert not judge.link_addresses([("core1 edge1", IPv6Interface("3fff:0:0:f0::4/127"))])
    for bad in ("3fff:0:0:f0::4/64", "3fff:0:0:f0::/127", "3fff:0:0:f0:ffff:ffff:ffff:ff80/127"):
        assert len(judge.link_addresses([("core1 edge1", IPv6Interface(bad))])) == 1, bad


def subnets(networks, lan="stttt-wifi", announced=()):
    return [judge.Subnets("stttt-gw", "wifi", networks, lan, frozenset(announced))]


def test_a_subnet_with_both_families_or_an_announced_lack_is_in_order():
    assert not judge.inventory(subnets({4: [FOUR], 6: [SIX]}), {}, TODAY)
    assert not judge.inventory(subnets({4: [FOUR]}, announced=[6]), {}, TODAY)
    assert not judge.inventory(subnets({}), {}, TODAY)


def test_a_family_alone_is_found_either_way():
    assert "without IPv6" in judge.inventory(subnets({4: [FOUR]}), {}, TODAY)[0].what
    assert "without IPv4" in judge.inventory(subnets({6: [SIX]}, announced=[6]), {}, TODAY)[0].what


def test_more_of_one_family_and_another_length_are_found():
    assert judge.inventory(subnets({4: [FOUR], 6: [SIX, ip_network("3fff:d40:10:21::/64")]}), {}, TODAY)
    assert judge.inventory(subnets({4: [FOUR], 6: [ip_network("3fff:d40:10:20::/80")]}), {}, TODAY)


@pytest.mark.parametrize(("until", "networks", "count"), [(2027, {6: [SIX]}, 0), (2025, {6: [SIX]}, 1)])
def test_an_exception_holds_until_its_day(until, networks, count):
    decided = {"stttt-wifi": Decision("ADR-06", "stttt-wifi", "somebody", date(until, 1, 1), "pilot")}
    assert len(judge.inventory(subnets(networks), decided, TODAY)) == count


def test_an_exception_that_is_no_longer_needed_is_found():
    decided = {"stttt-wifi": Decision("ADR-06", "stttt-wifi", "somebody", date(2027, 1, 1), "pilot")}
    assert judge.inventory(subnets({4: [FOUR], 6: [SIX]}), decided, TODAY)


def test_unused_space_is_in_the_block_and_in_nothing_else():
    for family in FAMILIES:
        found = judge.unused(PLAN, family)
        assert found.subnet_of(PLAN.own(family))
        assert not any(found.overlaps(lan.networks[family]) for lan in PLAN.lans.values() if family in lan.networks)
    assert str(judge.unused(PLAN, 4)) == "203.0.113.254/32"


def test_literals_are_canonical_and_allowed():
    assert not judge.literals({"frr.conf": "ipv6 address 3fff:d40::1/64\n ipv6 prefix-list X deny fec0::/10"})
    found = judge.literals({"frr.conf": "ipv6 address 3FFF:d40:0::1/64\nneighbor fec0::1"})
    assert [each.where for each in found] == ["frr.conf:1", "frr.conf:2"]
