"""Reading a plan: what a bad file is told, and that the province's block is one line."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_network
from pathlib import Path

import pytest

from harness.errors import WrongInput
from harness.plan.lint import lint
from harness.plan.load import load
from harness.plan.model import Plan
from harness.render.render import Configs, render
from harness.render.tree import Trees
from harness.topology.load import load as load_topology

ROOT = Path(__file__).parents[3]
PLAN = ROOT / "configs/plan.yml"
COMPLETE = "33-complete"
STAGES = "00-baseline, 12-prepare, 21-pilot, 31-datacentre, 32-wan, 33-complete, 40-ipv6-only"

OLD_BLOCK, NEW_BLOCK = "3fff:d40::/40", "2001:db8:4000::/40"
OLD_WORDS = ("3fff:d40", "3fff:0d40", "3fff0d40", "0.4.d.0.f.f.f.3")
NEW_WORDS = ("2001:db8:40", "0.4.8.b.d.0.1.0.0.2")
"""A block as it is read in an address, written in full, and in the name of a reverse zone."""

EVERY_KIND = frozenset(
    [
        "resolv.conf",
        "network/ip.batch",
        "frr/frr.conf",
        "nftables.conf",
        "kea/kea-dhcp6.conf",
        "radvd.conf",
        "bind/named.conf.options",
        "bind/zones/domain.zone",
        "bind/zones/internal.zone",
        "bind/zones/reverse6.zone",
        "bind/zones/gov.vn.zone",
        "bind/zones/ip6.arpa.zone",
        "unbound/unbound.conf",
        "postfix/main.cf",
        "stayrtr/rpki.json",
        "tayga.conf",
    ]
)
"""Files in which the block stands: were one to lose it, the test would no longer look at that."""


def changed(directory: Path, old: str, new: str) -> Path:
    """A copy of the pilot's plan in which ``old``, which it has, is ``new`` the first time."""
    text = PLAN.read_text()
    assert old in text
    file = directory / "plan.yml"
    file.write_text(text.replace(old, new, 1))
    return file


def line_with(text: str) -> int:
    return next(number for number, line in enumerate(PLAN.read_text().splitlines(), 1) if text in line)


@cache
def trees(file: Path) -> Trees:
    return render(load_topology(ROOT / "topologies/pilot.clab.yml"), load(file), Configs(ROOT / "configs"), COMPLETE)


def contents(file: Path) -> dict[tuple[str, str], str]:
    return {
        (node, path): found.content.decode(errors="replace").lower()
        for node, tree in trees(file).items()
        for path, found in tree.files.items()
    }


def has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)


def test_changing_the_line_of_the_provinces_block_moves_every_rendered_file(tmp_path: Path) -> None:
    moved = changed(tmp_path, OLD_BLOCK, NEW_BLOCK)
    lines = zip(PLAN.read_text().splitlines(), moved.read_text().splitlines(), strict=True)
    assert sum(before != after for before, after in lines) == 1
    old, new = contents(PLAN), contents(moved)
    assert old.keys() == new.keys()
    assert [file for file, text in new.items() if has(text, OLD_WORDS)] == []
    concerned = {file for file, text in old.items() if has(text, OLD_WORDS)}
    assert {path.removeprefix("etc/") for _, path in concerned} >= EVERY_KIND
    assert [file for file in concerned if not has(new[file], NEW_WORDS)] == []


def test_a_moved_plan_is_sound_and_keeps_every_other_block(tmp_path: Path) -> None:
    old, new = load(PLAN), load(changed(tmp_path, OLD_BLOCK, NEW_BLOCK))
    assert lint(new) == ()
    assert new.own(6) == ip_network(NEW_BLOCK)
    own = {site.name for site in old.sites.values() if site.block == "province"}
    for name, lan in old.lans.items():
        if 6 in lan.networks:
            assert (new.lans[name].networks[6] != lan.networks[6]) == (lan.site in own), name


def test_sites_lans_hosts_and_links_are_numbered_as_they_are_read() -> None:
    plan: Plan = load(PLAN)
    assert str(plan.sites["stttt"].network6) == "3fff:d40:10::/48"
    assert {family: str(net) for family, net in plan.lans["stttt-lan"].networks.items()} == {
        4: "10.10.10.0/24",
        6: "3fff:d40:10:10::/64",
    }
    assert {family: str(net) for family, net in plan.links[9].networks.items()} == {
        4: "203.0.113.20/31",
        6: "3fff:d40:0:f0::14/127",
    }
    assert {family: str(ip) for family, ip in plan.loopbacks["stttt-gw"].addresses.items()} == {
        4: "10.2.255.10",
        6: "3fff:d40:2:ff::10",
    }


BAD = [
    ("an unknown key", "cost: 10,", "prize: 10,", "core, number: 1,", "links[0].prize: no such key", "keys that exist"),
    ("an unknown top key", "domain:", "dominion:", "domain:", "dominion: no such key", "keys that exist here: asns,"),
    ("a key given twice", "nat44:", "domain: x\nnat44:", "nat44:", "domain: given twice", "keep one of them"),
    (
        "host bits in a prefix",
        OLD_BLOCK,
        "3fff:d40::1/40",
        OLD_BLOCK,
        "blocks.province.6: 3fff:d40::1/40 has host bits set",
        "write the prefix with its host bits at zero",
    ),
    (
        "a prefix of the other family",
        OLD_BLOCK,
        "10.0.0.0/8",
        OLD_BLOCK,
        "blocks.province.6: 10.0.0.0/8 is IPv4, not IPv6",
        "put it under the other family",
    ),
    (
        "a range outside every block",
        "range: 203.0.113.64/26",
        "range: 198.18.0.0/26",
        "range: 203.0.113.64/26",
        "lans.dmz.range: 198.18.0.0/26 lies in no block",
        "take it from one of: 203.0.113.0/24,",
    ),
    (
        "an unknown stage",
        "cost: 10,  6: 21-pilot",
        "cost: 10,  6: 22-pilot",
        "core, number: 1,",
        "links[0].6: there is no '22-pilot'",
        f"choose one of: {STAGES}",
    ),
    (
        "an unknown block",
        "{block: vnpt,",
        "{block: fpt,",
        "{block: vnpt,",
        "sites.vnpt.block: there is no 'fpt'",
        "choose one of: province, viettel, vnpt, vnix, level1, private",
    ),
    (
        "an unknown zone",
        "zone: isp,    title: VNPT",
        "zone: ips,    title: VNPT",
        "{block: vnpt,",
        "sites.vnpt.zone: there is no 'ips'",
        "choose one of: dc, tslcd, agency, isp, world, level1",
    ),
    (
        "an unknown source of a service",
        "from: [wired]",
        "from: [wirde]",
        "from: [wired]",
        "services[8].from[0]: there is no 'wirde'",
        "choose one of: internet, agency, wired, dc, level1",
    ),
    (
        "an AS number in words",
        "number: 64496",
        "number: many",
        "number: 64496",
        "asns.viettel.number: 'many' is not a whole number",
        "",
    ),
    (
        "a site number in hexadecimal",
        "block: vnpt,     index: 0",
        "block: vnpt,     index: a",
        "{block: vnpt,",
        "sites.vnpt.index: 'a' is not a whole number",
        "",
    ),
    (
        "a link outside its pool",
        "pool: vnpt,    number: 1",
        "pool: vnpt,    number: 8",
        "pool: vnpt, ",
        "links[22]: link number 8 lies outside pool vnpt (198.51.100.128/28)",
        "choose a smaller one",
    ),
    (
        "a loopback outside its pool",
        "edge1: 1, edge2",
        "edge1: 32, edge2",
        "loopback: {edge1",
        "loopbacks.loopback.edge1: number 32 lies outside pool loopback",
        "",
    ),
    (
        "a list for a mapping",
        "hosts: {nat64: 4}",
        "hosts: [nat64]",
        "hosts: {nat64: 4}",
        "lans.nat.hosts: a mapping is expected here",
        "write `key: value` pairs",
    ),
]


@pytest.mark.parametrize(("old", "new", "at", "said", "hint"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_plan_is_told_with_line_key_and_what_to_do(
    tmp_path: Path, old: str, new: str, at: str, said: str, hint: str
) -> None:
    file = changed(tmp_path, old, new)
    with pytest.raises(WrongInput) as caught:
        load(file)
    first, _, second = str(caught.value).partition("\n  → ")
    assert first == f"{file}:{line_with(at)}: {said}"
    assert second.startswith(hint) if hint else second == ""


def test_a_missing_key_is_named_with_the_mapping_that_lacks_it(tmp_path: Path) -> None:
    file = changed(tmp_path, ", title: Viettel}", "}")
    with pytest.raises(WrongInput, match=r"blocks\.viettel: `title` is missing\n  → add `title:` here"):
        load(file)


def test_what_is_not_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "plan.yml"
    file.write_text("domain: x\nkeys: [y\n")
    with pytest.raises(WrongInput, match=rf"^{file}:\d: not YAML: "):
        load(file)


@pytest.mark.parametrize(("text", "said"), [("", "the file is empty"), ("domain: x\n", "there is no stage")])
def test_a_plan_without_content_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "plan.yml"
    file.write_text(text)
    with pytest.raises(WrongInput, match=said):
        load(file)


def test_a_plan_that_is_not_there_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"none\.yml: No such file"):
        load(tmp_path / "none.yml")
