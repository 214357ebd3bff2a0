"""Every finding of the plan's lint, each made by one mistake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from ipaddress import ip_network
from pathlib import Path

import pytest

from harness.errors import WrongInput
from harness.plan.lint import Finding, check, line_of, lint, sort
from harness.plan.load import load
from harness.plan.model import Plan

PLAN = Path(__file__).parents[3] / "configs/plan.yml"


@cache
def the_plan() -> Plan:
    return load(PLAN)


def changed(directory: Path, changes: Mapping[str, str]) -> Plan:
    text = PLAN.read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    file = directory / "plan.yml"
    file.write_text(text)
    return load(file)


def test_the_pilots_plan_is_sound() -> None:
    assert lint(the_plan()) == ()
    check(the_plan())


MISTAKES: Mapping[str, tuple[str, str, str, str]] = {
    "two LANs with one number": (
        "site: viettel, index: 20, kind: subscriber, port: mobile",
        "site: viettel, index: 10, kind: subscriber, port: mobile",
        "lans.viettel-mobile",
        "3fff:100:0:10::/64 overlaps 3fff:100:0:10::/64 of lans.viettel-citizen",
    ),
    "a NAT range twice": (
        "fw2: .144/28}",
        "fw2: .128/28}",
        "nat44.fw2",
        "203.0.113.128/28 overlaps 203.0.113.128/28 of nat44.fw1",
    ),
    "a translator inside a LAN": (
        "viettel:  {site: viettel, index: 64",
        "viettel:  {site: viettel, index: 10",
        "nat64.viettel",
        "3fff:100:0:10::/96 overlaps 3fff:100:0:10::/64 of lans.viettel-citizen",
    ),
    "blocks that overlap": (
        "4: 10.192.0.0/12, title",
        "4: 10.0.0.0/8, title",
        "blocks.private",
        "10.0.0.0/12 overlaps 10.0.0.0/8 of blocks.level1",
    ),
    "a pool inside a LAN": (
        "4: .32/27}",
        "4: .96/27}",
        "pools.loopback",
        "203.0.113.96/27 overlaps 203.0.113.64/26 of lans.dmz",
    ),
    "a translator's pool inside a block": (
        "pool: 192.168.255.0/24",
        "pool: 10.15.0.0/24",
        "nat64.province.pool",
        "10.15.0.0/24 overlaps 10.0.0.0/12 of blocks.private",
    ),
    "an IPv6 block that ends at no nibble": (
        '"3fff:d40::/40", 4: 203.0.113.0/24',
        '"3fff:d40::/42", 4: 203.0.113.0/24',
        "blocks.province.6",
        "3fff:d40::/42 does not end at a nibble: its reverse zone cannot be delegated",
    ),
    "an IPv4 block that ends at no octet": (
        "4: 203.0.113.0/24, title",
        "4: 203.0.112.0/22, title",
        "blocks.province.4",
        "203.0.112.0/22 does not end at an octet: it has no single reverse zone",
    ),
    "a link number twice": (
        "number: 2,  a: edge1",
        "number: 1,  a: edge1",
        "links[1].number",
        "number 1 of pool core is edge1–edge2's",
    ),
    "a host number twice": ("ns2: 12", "ns2: 11", "lans.dmz.hosts.ns2", "host number 11 is ns1's already"),
    "a host with a gateway's number": (
        "hosts: {nat64: 4}",
        "hosts: {nat64: 2}",
        "lans.nat.hosts.nat64",
        "host number 2 is fw1's already",
    ),
    "a host number outside its LAN": (
        "ns1: 11",
        "ns1: 70",
        "lans.dmz.hosts.ns1",
        "host number 70 is no host of 203.0.113.64/26",
    ),
    "a host on the broadcast address": (
        "ns1: 11",
        "ns1: 63",
        "lans.dmz.hosts.ns1",
        "host number 63 is no host of 203.0.113.64/26",
    ),
    "two gateways without a virtual address": (
        "virtual: 1, gateways",
        "gateways",
        "lans.dmz.gateways",
        "two gateways and no virtual address",
    ),
    "a LAN without a gateway": (
        "gateways: {vnix: 1}, hosts: {rpki: 5}",
        "gateways: {}, hosts: {rpki: 5}",
        "lans.rpki.gateways",
        "no gateway",
    ),
    "a link with the all-zero low half": (
        "number: 1,  a: edge1",
        "number: 0,  a: edge1",
        "links[0].number",
        "3fff:d40:0:f0:: may not be used on a router link (RFC 6164 section 6)",
    ),
    "two announced blocks": (
        "title: Viettel}",
        "title: Viettel, announced: true}",
        "blocks",
        "2 blocks are announced, not one",
    ),
    "an end before its beginning": (
        "4: 00-baseline, 4-until: 40-ipv6-only, 6: 21-pilot",
        "4: 32-wan, 4-until: 31-datacentre, 6: 31-datacentre, dns64: true",
        "lans.stttt-lan.4-until",
        "IPv4 ends at 31-datacentre and begins at 32-wan: it is never on",
    ),
    "an end at its beginning": (
        "b: edge2, ebgp: true, 6: 21-pilot",
        "b: edge2, ebgp: true, 6: 21-pilot, 6-until: 21-pilot",
        "links[22].6-until",
        "IPv6 ends at 21-pilot and begins at 21-pilot: it is never on",
    ),
    "a LAN of one family by oversight": (
        "port: wifi, 4: 00-baseline, 6: 21-pilot",
        "port: wifi, 4: 00-baseline",
        "lans.stttt-wifi",
        "IPv4 alone, and at no stage both",
    ),
    "DNS64 where there is IPv4": (
        "port: wifi, 4: 00-baseline, 6: 21-pilot",
        "port: wifi, 4: 00-baseline, dns64: true, 6: 31-datacentre",
        "lans.stttt-wifi.dns64",
        "the LAN has both families: DNS64 would send its hosts round by the translator",
    ),
    "IPv6 alone before there is DNS64": (
        "6-later: {portal: 31-datacentre",
        "6-later: {resolver1: 32-wan, resolver2: 32-wan, portal: 31-datacentre",
        "lans.stttt-v6",
        "its hosts have IPv6 alone at 31-datacentre, and no DNS64 resolver",
    ),
    "a late host that the LAN has not": (
        "6-later: {portal: 31-datacentre",
        "6-later: {potral: 31-datacentre",
        "lans.dmz.6-later.potral",
        "the LAN has no host 'potral'",
    ),
    "a late host that is no later than its LAN": (
        "6-later: {portal: 31-datacentre",
        "6-later: {portal: 21-pilot",
        "lans.dmz.6-later.portal",
        "21-pilot is not after 21-pilot, since when the whole LAN has IPv6",
    ),
    "a late host in a LAN without the family": (
        "hosts: {viettel-legacy: dynamic}",
        "hosts: {viettel-legacy: dynamic}, 6-later: {viettel-legacy: 31-datacentre}",
        "lans.viettel-legacy.6-later.viettel-legacy",
        "the LAN has no IPv6 that viettel-legacy could have later",
    ),
    "a host so late that the family has ended": (
        "hosts: {qlvb: 31, qlvb-db: 32, mgmt: 90}",
        "hosts: {qlvb: 31, qlvb-db: 32, mgmt: 90}, 4-later: {mgmt: 40-ipv6-only}",
        "lans.int.4-later.mgmt",
        "at 40-ipv6-only the LAN's IPv4 has ended: mgmt never has it",
    ),
    "IPv6 alone before there is a translator": (
        "range: .176/28, 4: 31-datacentre",
        "range: .176/28, 4: 32-wan",
        "lans.stttt-v6",
        "its hosts have IPv6 alone at 31-datacentre, and no translator with both families (nat64)",
    ),
    "a resolver's second number that is somebody's": (
        "resolver1: 2164",
        "resolver1: 41",
        "nat64.province.resolvers.resolver1",
        "host number 41 is mail's already",
    ),
    "two resolvers with one second number": (
        "resolver2: 2264",
        "resolver2: 2164",
        "nat64.province.resolvers.resolver2",
        "host number 2164 is resolver1's already",
    ),
    "a resolver that is no host": (
        "resolver2: 2264",
        "resolver3: 2264",
        "nat64.province.resolvers.resolver3",
        "no LAN has a host 'resolver3'",
    ),
    "a translator that is no node": (
        "node: vnpt,    pool",
        "node: fpt,    pool",
        "nat64.vnpt.node",
        "there is no node 'fpt'",
    ),
    "a loopback with a link's address": (
        "viettel:  {viettel: 15}",
        "viettel:  {viettel: 3}",
        "loopbacks.viettel.viettel",
        "198.51.100.3 is edge1's on links[21] already",
    ),
    "two loopbacks with one number": (
        "edge2: 2, core1",
        "edge2: 1, core1",
        "loopbacks.loopback.edge2",
        "203.0.113.33 is edge1's loopback already",
    ),
    "a static number that DHCP hands out": (
        "hosts: {stttt-pc: dynamic}",
        "hosts: {stttt-pc: dynamic, printer: 200}",
        "lans.stttt-lan.hosts.printer",
        "host number 200 is 10.10.10.200, which DHCP hands out to others",
    ),
    "a host with the number of its network": (
        "hosts: {nat64: 4}",
        "hosts: {nat64: 0}",
        "lans.nat.hosts.nat64",
        "host number 0 is no host of 3fff:d40:1:40::/64 and 203.0.113.176/28",
    ),
    "a VRRP group that there is not": (
        "site: gianghia, index: 20, kind: wifi, port: wifi, 4:",
        "site: gianghia, index: 300, kind: wifi, port: wifi, range: .192/26, 4:",
        "lans.gianghia-wifi.index",
        "300 is no VRRP group, which a LAN with a virtual address is numbered by",
    ),
    "two ways equally good": (
        "b: tslcd-vnpt, cost: 15",
        "b: tslcd-vnpt, cost: 20",
        "links[10].cost",
        "tslcd-viettel reaches tslcd-vnpt equally well (cost 20) by fw1, directly",
    ),
    "a service on a node that is no host": (
        "node: ns1, ",
        "node: ns3, ",
        "services[0].node",
        "no LAN has a host 'ns3'",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_finding_with_its_key(tmp_path: Path, mistake: str) -> None:
    old, new, key, what = MISTAKES[mistake]
    findings = lint(changed(tmp_path, {old: new}))
    assert [(finding.key, finding.what) for finding in findings] == [(key, what)]
    assert findings[0].hint


def test_a_lan_that_is_not_a_64_is_one_finding() -> None:
    plan = the_plan()
    lan = replace(plan.lans["stttt-v6"], networks={6: ip_network("3fff:d40:10:30::/80")})
    found = lint(replace(plan, lans={**plan.lans, lan.name: lan}))
    assert [(one.key, one.what) for one in found] == [("lans.stttt-v6", "3fff:d40:10:30::/80 is not a /64 (RFC 7421)")]


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("3fff:d40:0:f0::4/126", ["3fff:d40:0:f0::4/126 is not a /127"]),
        ("3fff:d40:0:f0:ffff:ffff:ffff:ff7e/127", []),
        (
            "3fff:d40:0:f0:ffff:ffff:ffff:ff80/127",
            [
                f"3fff:d40:0:f0:ffff:ffff:ffff:ff8{last} may not be used on a router link (RFC 6164 section 6)"
                for last in "01"
            ],
        ),
    ],
)
def test_a_router_link_is_a_127_below_the_highest_128_addresses(network: str, said: list[str]) -> None:
    plan = the_plan()
    link = replace(plan.links[0], networks={**plan.links[0].networks, 6: ip_network(network)})
    found = lint(replace(plan, links=(link, *plan.links[1:])))
    assert [one.what for one in found] == said


def test_a_check_tells_the_first_finding_with_its_line_and_counts_the_rest(tmp_path: Path) -> None:
    plan = changed(tmp_path, {"ns2: 12": "ns2: 11", "node: ns1, ": "node: ns3, "})
    line = next(n for n, text in enumerate(plan.file.read_text().splitlines(), 1) if "ns2: 11" in text)
    with pytest.raises(WrongInput) as caught:
        check(plan)
    assert str(caught.value) == (
        f"{plan.file}:{line}: lans.dmz.hosts.ns2: host number 11 is ns1's already (and 1 more: v6lab plan lint)"
        "\n  → use another"
    )


def test_a_key_that_the_file_lacks_has_the_line_of_what_is_around_it() -> None:
    plan = the_plan()
    assert line_of(plan, "lans.int.range") == line_of(plan, "lans.int")
    assert line_of(plan, "nowhere.at.all") == line_of(plan, "")


def test_findings_are_sorted_by_the_lines_of_the_file() -> None:
    keys = ("services[0].node", "lans.dmz", "blocks.vnpt", "blocks.viettel")
    found = sort([Finding(key, "what", "hint") for key in keys], the_plan())
    assert [finding.key for finding in found] == ["blocks.viettel", "blocks.vnpt", "lans.dmz", "services[0].node"]
