"""Who is told which resolvers: from the plan alone, stage by stage."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from harness.plan import derive
from harness.plan.load import load
from harness.plan.model import FAMILIES, Family, Plan


@cache
def the_plan() -> Plan:
    return load(Path(__file__).parents[3] / "configs/plan.yml")


def told(lan: str, family: Family, stage: str) -> list[str]:
    return [str(each) for each in derive.resolvers(the_plan(), the_plan().lans[lan], family, stage)]


def own(family: Family, stage: str) -> list[str]:
    return [str(derive.address(the_plan(), node, family, stage)) for node in ("resolver1", "resolver2")]


def dns64(stage: str) -> list[str]:
    return [str(each.ip) for each in derive.dns64_resolvers(the_plan(), stage).values()]


@pytest.mark.parametrize("lan", ["stttt-lan", "vpubnd-lan", "gianghia-lan", "daksong-lan"])
def test_a_lan_whose_ipv4_has_ended_asks_dns64_from_then_on(lan: str) -> None:
    assert told(lan, 6, "33-complete") == own(6, "33-complete")
    assert told(lan, 6, "40-ipv6-only") == dns64("40-ipv6-only") != []


def test_a_lan_with_both_families_never_asks_dns64() -> None:
    for stage in the_plan().stage_names()[3:]:
        assert told("stttt-wifi", 6, stage) == own(6, stage)


def test_the_pilots_hosts_are_told_of_the_resolvers_in_both_families() -> None:
    for family in FAMILIES:
        assert told("stttt-lan", family, "21-pilot") == own(family, "21-pilot")
    assert "None" not in own(6, "21-pilot")


def test_a_resolver_that_gets_ipv6_later_is_told_in_ipv4_alone_till_then() -> None:
    plan = the_plan()
    dmz = replace(plan.lans["dmz"], later={6: {"resolver1": "31-datacentre", "resolver2": "31-datacentre"}})
    changed = replace(plan, lans={**plan.lans, "dmz": dmz})
    lan = plan.lans["stttt-lan"]
    assert derive.resolvers(changed, lan, 6, "21-pilot") == ()
    assert len(derive.resolvers(changed, lan, 4, "21-pilot")) == 2
    assert len(derive.resolvers(changed, lan, 6, "31-datacentre")) == 2


def test_nothing_is_synthesised_before_the_translator_stands() -> None:
    assert dns64("21-pilot") == []
    assert len(dns64("31-datacentre")) == 2


def test_an_isps_subscribers_ask_their_gateway() -> None:
    assert told("viettel-mobile", 6, "00-baseline") == ["3fff:100:0:20::1"]
