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
        "stttt-wifi: {site: stttt, index: 20",
        "stttt-wifi: {site: stttt, index: 31, range: 10.10.10.0/24",
        "lans.stttt-wifi",
        "10.10.10.0/24 overlaps 10.10.10.0/24 of lans.stttt-lan",
    ),
    "a NAT range twice": (
        "fw2: 203.0.113.144/28}",
        "fw2: 203.0.113.128/28}",
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
        "4: 198.51.100.128/25, title: VNPT",
        "4: 198.51.100.0/24, title: VNPT",
        "blocks.vnpt",
        "198.51.100.0/24 overlaps 198.51.100.0/25 of blocks.viettel",
    ),
    "a range of somebody else's block": (
        "range: 203.0.113.176/28",
        "range: 198.51.100.64/28",
        "lans.nat.range",
        "198.51.100.64/28 is not Đắk Nông province's",
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
        "host number 70 lies outside 203.0.113.64/26",
    ),
    "a host on the broadcast address": (
        "ns1: 11",
        "ns1: 63",
        "lans.dmz.hosts.ns1",
        "host number 63 lies outside 203.0.113.64/26",
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
