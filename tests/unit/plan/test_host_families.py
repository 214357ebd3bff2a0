"""The families that a host has: those of its LAN, but for hosts that get one later and those that do without IPv4."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from harness.plan import derive
from harness.plan.load import load
from harness.plan.model import Plan

PILOT, DATACENTRE, WAN, COMPLETE, IPV6_ONLY = "21-pilot", "31-datacentre", "32-wan", "33-complete", "40-ipv6-only"


@cache
def the_plan() -> Plan:
    return load(Path(__file__).parents[3] / "configs/plan.yml")


@pytest.mark.parametrize("host", ["ns1", "ns2", "resolver1", "resolver2", "sites"])
def test_what_the_pilot_needs_has_both_families_from_the_pilot_on(host: str) -> None:
    assert derive.families_of(the_plan(), host, "12-prepare") == (4,)
    assert derive.families_of(the_plan(), host, PILOT) == (4, 6)


@pytest.mark.parametrize("host", ["portal", "dvc", "mail"])
def test_a_host_that_is_later_than_its_lan_has_no_ipv6_address_till_its_own_stage(host: str) -> None:
    assert derive.families(the_plan(), the_plan().lans["dmz"], PILOT) == (4, 6)
    assert derive.families_of(the_plan(), host, PILOT) == (4,)
    assert derive.address(the_plan(), host, 6, PILOT) is None
    assert [port.families for port in derive.ports(the_plan(), host, PILOT)] == [(4,)]
    assert derive.families_of(the_plan(), host, DATACENTRE) == (4, 6)


def test_gateways_have_the_family_as_soon_as_their_lan_has() -> None:
    port = next(each for each in derive.ports(the_plan(), "fw1", PILOT) if each.name == "dmz")
    assert port.families == (4, 6)


def test_a_node_that_is_no_host_has_no_families_as_one() -> None:
    assert derive.families_of(the_plan(), "core1", DATACENTRE) == ()


def test_the_pilot_lan_of_ipv6_alone_gets_ipv4_for_others_and_its_own_host_does_without() -> None:
    plan, lan = the_plan(), the_plan().lans["stttt-v6"]
    assert [stage for stage in plan.stage_names() if derive.mostly(plan, lan, stage)] == [COMPLETE]
    assert derive.families(plan, lan, COMPLETE) == (4, 6)
    assert all(derive.families_of(plan, "stttt-v6", stage) == (6,) for stage in (DATACENTRE, WAN, COMPLETE, IPV6_ONLY))
    assert derive.translated(plan, lan, COMPLETE)


def test_no_other_lan_is_ipv6_mostly() -> None:
    plan = the_plan()
    assert not [
        (lan.name, stage)
        for stage in plan.stage_names()
        for lan in plan.lans.values()
        if lan.name != "stttt-v6" and derive.mostly(plan, lan, stage)
    ]
