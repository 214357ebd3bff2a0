"""IPv6 alone: LANs without IPv4 are told of DNS64 and the translator, and are let through to it."""

from __future__ import annotations

import json
import re

import pytest

from harness.plan import derive
from tests.unit.estate import the_plan, trees

DATACENTRE, IPV6_ONLY = "31-datacentre", "40-ipv6-only"


def text(stage: str, node: str, path: str) -> str:
    return trees(stage)[node].files[path].content.decode()


def advertised(stage: str, lan: str) -> str:
    """What radvd says in a LAN of an agency."""
    planned = the_plan().lans[lan]
    conf = text(stage, next(iter(planned.gateways)), "etc/radvd.conf")
    return next(each for each in conf.split("\ninterface ") if f"prefix {planned.networks[6]}\n" in each)


def elements(conf: str, name: str) -> set[str]:
    found = re.search(rf"set {name} \{{[^}}]*?elements = \{{ ([^}}]*) \}}", conf)
    return set(found[1].split(", ")) if found else set()


@pytest.mark.parametrize("lan", ["stttt-lan", "stttt-v6", "vpubnd-lan", "gianghia-lan", "daksong-lan"])
def test_a_lan_without_ipv4_hears_of_dns64_and_the_translator(lan: str) -> None:
    said = advertised(IPV6_ONLY, lan)
    dns64 = " ".join(str(each.ip) for each in derive.dns64_resolvers(the_plan(), IPV6_ONLY).values())
    assert f"RDNSS {dns64}\n" in said
    assert f"nat64prefix {the_plan().nat64['province'].prefix}\n" in said


@pytest.mark.parametrize(("stage", "lan"), [(IPV6_ONLY, "stttt-wifi"), (DATACENTRE, "stttt-lan")])
def test_a_lan_with_ipv4_hears_of_neither(stage: str, lan: str) -> None:
    said = advertised(stage, lan)
    assert "nat64prefix" not in said
    assert not any(str(each.ip) in said for each in derive.dns64_resolvers(the_plan(), stage).values())


@pytest.mark.parametrize("stage", [DATACENTRE, IPV6_ONLY])
@pytest.mark.parametrize(("node", "name"), [("fw1", "translated6"), ("fw2", "translated6"), ("nat64", "clients")])
def test_the_ways_to_the_translator_are_open_to_its_clients_alone(stage: str, node: str, name: str) -> None:
    clients = {str(network) for network in derive.nat64_clients(the_plan(), "province", stage)}
    assert elements(text(stage, node, "etc/nftables.conf"), name) == clients != set()


@pytest.mark.parametrize("node", ["gianghia-gw1", "gianghia-gw2", "fw1", "fw2"])
def test_where_there_is_a_virtual_router_radvd_alone_advertises(node: str) -> None:
    lans = [lan for lan in the_plan().lans.values() if node in lan.gateways and lan.virtual is not None]
    ports = ", ".join(f"vrrp6-{lan.port}" for lan in lans)
    said = f"oifname {{ {ports} }} meta skuid frr icmpv6 type nd-router-advert counter drop"
    assert said in text(IPV6_ONLY, node, "etc/nftables.conf")


@pytest.mark.parametrize(("stage", "families"), [("00-baseline", {4}), (DATACENTRE, {4}), ("32-wan", {4, 6})])
def test_a_ministry_asks_the_provinces_resolvers_in_the_families_of_its_trunk(stage: str, families: set[int]) -> None:
    asked = re.findall(r"^nameserver (\S+)$", text(stage, "ministry", "etc/resolv.conf"), re.M)
    assert {6 if ":" in address else 4 for address in asked} == families
    assert not re.search("^nameserver", text(stage, "level1", "etc/resolv.conf"), re.M)


@pytest.mark.parametrize("stage", ["32-wan", "33-complete", IPV6_ONLY])
def test_option_108_is_offered_where_there_are_ipv4_and_a_translator_and_nowhere_else(stage: str) -> None:
    conf = json.loads(text(stage, "stttt-gw", "etc/kea/kea-dhcp4.conf"))
    offered = {
        subnet["interface"]: each["data"]
        for subnet in conf["Dhcp4"]["subnet4"]
        for each in subnet["option-data"]
        if each["name"] == "v6-only-preferred"
    }
    assert offered == ({"v6": "1800"} if stage == "33-complete" else {})


def test_clients_ask_whether_ipv6_alone_will_do() -> None:
    assert "\noption ipv6_only_preferred\n" in text("33-complete", "stttt-v6", "etc/dhcpcd.conf")


def test_at_the_pilot_the_firewall_lets_ipv6_in_to_what_has_it_and_to_nothing_else() -> None:
    opened = set(re.findall(r"ip6 daddr (?:\{ )?(3fff\S+?)[, ]", text("21-pilot", "fw1", "etc/nftables.conf")))
    wanted = {
        str(derive.address(the_plan(), node, 6, "21-pilot"))
        for node in ("ns1", "ns2", "resolver1", "resolver2", "sites")
    }
    assert opened - {str(the_plan().nat64["province"].prefix)} == wanted
