"""The province's zones and records, as they follow from the pilot's plan."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from harness.plan import derive, zones
from harness.plan.load import load
from harness.plan.model import Plan

BASELINE, PILOT, DATACENTRE, WAN, IPV6_ONLY = (
    "00-baseline",
    "21-pilot",
    "31-datacentre",
    "32-wan",
    "40-ipv6-only",
)
INTERNAL = "noibo.daknong.gov.vn"


@cache
def the_plan() -> Plan:
    return load(Path(__file__).parents[3] / "configs/plan.yml")


def addresses(stage: str, origin: str) -> set[tuple[str, str, str]]:
    return {(record.name, record.type, record.data) for record in zones.forward(the_plan(), stage, origin)}


def files(stage: str) -> list[str]:
    return [zone.file for zone in zones.hosted(the_plan(), stage)]


def test_there_is_no_ipv6_reverse_zone_before_the_province_uses_ipv6() -> None:
    assert "reverse6" not in files(BASELINE)
    assert "reverse6" in files(PILOT)


def test_public_zones_are_signed_and_internal_ones_are_not() -> None:
    signed = {zone.file for zone in zones.hosted(the_plan(), DATACENTRE) if zone.signed}
    assert signed == {"domain", "reverse4", "reverse6"}


def test_servers_get_their_aaaa_with_the_data_centre_and_not_before() -> None:
    def types(stage: str) -> set[str]:
        return {kind for name, kind, _ in addresses(stage, "daknong.gov.vn") if name == "www"}

    assert types(BASELINE) == {"A"}
    assert types(PILOT) == {"A"}
    assert types(DATACENTRE) == {"A", "AAAA"}


def test_an_internal_server_has_no_a_once_its_lan_has_no_ipv4() -> None:
    assert {kind for name, kind, _ in addresses(IPV6_ONLY, INTERNAL) if name == "qlvb"} == {"AAAA"}


@pytest.mark.parametrize("node", ["qlvb", "stttt-gw", "tslcd-viettel"])
def test_what_has_private_ipv4_stands_in_the_internal_zone_with_both_families(node: str) -> None:
    inside = {kind for name, kind, _ in addresses(WAN, INTERNAL) if name == node}
    outside = {name for name, _, _ in addresses(WAN, "daknong.gov.vn")}
    assert inside == {"A", "AAAA"}
    assert node not in outside


def test_the_public_zone_names_no_private_address() -> None:
    private = the_plan().blocks["private"].networks[4]
    assert not [data for _, _, data in addresses(IPV6_ONLY, "daknong.gov.vn") if ip_address(data) in private]


def test_routers_of_others_have_no_name_in_the_province() -> None:
    names = {name for name, _, _ in addresses(WAN, "daknong.gov.vn") | addresses(WAN, INTERNAL)}
    assert not names & {"viettel", "vnpt", "vnix", "level1"}


def test_resolvers_synthesise_on_a_second_address_from_the_data_centre_on() -> None:
    lan = the_plan().lans["dmz"].networks[6]
    assert derive.dns64_resolvers(the_plan(), PILOT) == {}
    found = derive.dns64_resolvers(the_plan(), DATACENTRE)
    assert set(found) == {"resolver1", "resolver2"}
    assert all(interface.ip in lan for interface in found.values())
    used = {derive.address(the_plan(), node, 6, DATACENTRE) for node in zones.servers(the_plan())}
    assert not {interface.ip for interface in found.values()} & used


def test_dns64_is_for_lans_without_ipv4_of_the_same_operator() -> None:
    lans = the_plan().lans
    assert derive.dns64_clients(the_plan(), "viettel", DATACENTRE) == (lans["viettel-mobile"].networks[6],)
    assert derive.dns64_clients(the_plan(), "province", DATACENTRE) == (lans["stttt-v6"].networks[6],)
    late = derive.dns64_clients(the_plan(), "province", IPV6_ONLY)
    assert lans["vpubnd-lan"].networks[6] in late
    assert lans["vpubnd-wifi"].networks[6] not in late


def test_the_way_to_the_translator_is_open_one_stage_before_people_are_sent_there() -> None:
    lan = the_plan().lans["vpubnd-lan"]
    order = the_plan().stage_names()
    let_in = [each for each in order if lan.networks[6] in derive.nat64_clients(the_plan(), "province", each)]
    sent = [each for each in order if derive.translated(the_plan(), lan, each)]
    assert sent == [each for each in order if lan.networks[6] in derive.dns64_clients(the_plan(), "province", each)]
    assert sent == [IPV6_ONLY]
    assert let_in == [order[order.index(IPV6_ONLY) - 1], IPV6_ONLY]


def test_a_block_that_no_parent_can_delegate_is_refused() -> None:
    plan = the_plan()
    odd = {**plan.blocks["province"].networks, 6: ip_network("3fff:d40::/41")}
    blocks = {**plan.blocks, "province": replace(plan.blocks["province"], networks=odd)}
    with pytest.raises(ValueError, match="3fff:d40::/41 has no reverse zone of its own"):
        zones.hosted(replace(plan, blocks=blocks), DATACENTRE)
