"""Reading a plan: what a bad file is told, and that the province's block is one line."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from harness.errors import WrongInput
from harness.plan import bogons
from harness.plan.lint import lint
from harness.plan.load import load
from harness.plan.model import FAMILIES, Family, Plan
from harness.render.render import Configs, render
from harness.render.tree import Trees
from harness.topology.load import load as load_topology

ROOT = Path(__file__).parents[3]
PLAN = ROOT / "configs/plan.yml"
COMPLETE = "33-complete"
STAGES = "00-baseline, 12-prepare, 21-pilot, 31-datacentre, 32-wan, 33-complete, 40-ipv6-only"

OLD_BLOCK, NEW_BLOCK = "3fff:d40::/40", "2001:db8:4000::/40"
OLD_LINE = 'province: {6: "3fff:d40::/40", 4: 203.0.113.0/24,'
NEW_LINE = 'province: {6: "2001:db8:4000::/40", 4: 198.18.77.0/24,'
OLD_WORDS: dict[Family, tuple[str, ...]] = {
    4: ("203.0.113", "113.0.203", "cb00:71", "cb0071"),
    6: ("3fff:d40", "3fff:0d40", "3fff0d40", "0.4.d.0.f.f.f.3"),
}
NEW_WORDS: dict[Family, tuple[str, ...]] = {
    4: ("198.18.77", "77.18.198"),
    6: ("2001:db8:40", "0.4.8.b.d.0.1.0.0.2"),
}
"""A block as it is read in an address, written in full, in a translated address, and in the name of a reverse zone."""

IPV4_KINDS = frozenset(
    [
        "resolv.conf",
        "network/ip.batch",
        "frr/frr.conf",
        "nftables.conf",
        "kea/kea-dhcp4.conf",
        "bind/named.conf.options",
        "bind/zones/domain.zone",
        "bind/zones/reverse4.zone",
        "bind/zones/gov.vn.zone",
        "bind/zones/in-addr.arpa.zone",
        "unbound/unbound.conf",
        "postfix/main.cf",
        "stayrtr/rpki.json",
    ]
)
IPV6_KINDS = frozenset(
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
def trees(file: Path, stage: str) -> Trees:
    return render(load_topology(ROOT / "topologies/pilot.clab.yml"), load(file), Configs(ROOT / "configs"), stage)


def contents(file: Path, stage: str = COMPLETE) -> dict[tuple[str, str], str]:
    return {
        (node, path): found.content.decode(errors="replace").lower()
        for node, tree in trees(file, stage).items()
        for path, found in tree.files.items()
    }


def has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return changed(tmp_path_factory.mktemp("moved"), OLD_LINE, NEW_LINE)


@pytest.fixture(autouse=True)
def _the_old_block_is_ordinary_space(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pilot's IPv4 block is documentation space, which borders filter as soon as nobody uses it. That is right,
    and would be taken for a trace of it here."""
    monkeypatch.setitem(bogons.SPECIAL, 4, tuple(net for net in bogons.SPECIAL[4] if net != "203.0.113.0/24"))


def test_both_blocks_are_one_line(moved: Path) -> None:
    lines = zip(PLAN.read_text().splitlines(), moved.read_text().splitlines(), strict=True)
    assert sum(before != after for before, after in lines) == 1
    assert {family: str(load(moved).own(family)) for family in FAMILIES} == {4: "198.18.77.0/24", 6: NEW_BLOCK}


@pytest.mark.parametrize("stage", STAGES.split(", "))
def test_no_file_of_a_stage_holds_an_address_of_the_old_blocks(moved: Path, stage: str) -> None:
    found = contents(moved, stage)
    assert found
    assert [file for file, text in found.items() if has(text, (*OLD_WORDS[4], *OLD_WORDS[6]))] == []


@pytest.mark.parametrize(("family", "kinds"), [(4, IPV4_KINDS), (6, IPV6_KINDS)])
def test_every_file_that_held_the_old_block_holds_the_new_one(
    moved: Path, family: Family, kinds: frozenset[str]
) -> None:
    old, new = contents(PLAN), contents(moved)
    assert old.keys() == new.keys()
    concerned = {file for file, text in old.items() if has(text, OLD_WORDS[family])}
    assert {path.removeprefix("etc/") for _, path in concerned} >= kinds
    assert [file for file in concerned if not has(new[file], NEW_WORDS[family])] == []


def test_a_moved_plan_is_sound_and_keeps_every_other_block(moved: Path) -> None:
    old, new = load(PLAN), load(moved)
    assert lint(new) == ()
    own = {site.name for site in old.sites.values() if site.block == "province"}
    for name, lan in old.lans.items():
        for family, network in lan.networks.items():
            stays = (
                lan.site not in own or network.subnet_of(old.blocks["private"].networks[4])
                if family == 4
                else lan.site not in own
            )
            assert (new.lans[name].networks[family] == network) == stays, name


def test_a_moved_plan_keeps_the_offsets_in_its_ipv4_block(moved: Path) -> None:
    old, new = load(PLAN), load(moved)
    pairs = [(old.pools[name].networks[4], new.pools[name].networks[4]) for name in ("core", "loopback")]
    pairs += [(old.lans[name].networks[4], new.lans[name].networks[4]) for name in ("dmz", "nat")]
    pairs += [(old.nat44[node], new.nat44[node]) for node in old.nat44]
    for before, after in pairs:
        assert before.prefixlen == after.prefixlen
        assert int(before.network_address) - int(old.own(4).network_address) == int(after.network_address) - int(
            new.own(4).network_address
        )


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
    ("an unknown key", "cost: 15,", "prize: 15,", "core, number: 1,", "links[0].prize: no such key", "keys that exist"),
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
        "a range written in full",
        "range: .64/26",
        "range: 203.0.113.64/26",
        "range: .64/26",
        "lans.dmz.range: '203.0.113.64/26' is no range of a block",
        "write .64/26: so it moves with its block",
    ),
    (
        "a range of somebody else's block",
        "range: .64/26",
        "range: 198.51.100.64/26",
        "range: .64/26",
        "lans.dmz.range: '198.51.100.64/26' is no range of a block",
        "it is not in its site's block 203.0.113.0/24; write ranges as what follows the start of that, as .64/26",
    ),
    (
        "a range in words",
        "range: .64/26",
        "range: upper",
        "range: .64/26",
        "lans.dmz.range: 'upper' is no range of a block",
        "write it as .64/26, which of 203.0.113.0/24 is 203.0.113.64/26",
    ),
    (
        "a range with host bits",
        "range: .64/26",
        "range: .65/26",
        "range: .64/26",
        "lans.dmz.range: .65/26 of 203.0.113.0/24: 203.0.113.65/26 has host bits set",
        "begin at a multiple of the range's size",
    ),
    (
        "a range beyond its block",
        "fw2: .144/28",
        "fw2: .1.144/28",
        "nat44:",
        "nat44.fw2: .1.144/28 lies outside Đắk Nông province's 203.0.113.0/24",
        "take a range inside it",
    ),
    (
        "a range with a number that is no octet",
        "outside: .48/28",
        "outside: .300/28",
        "node: viettel, ",
        "nat64.viettel.outside: .300/28: 300 is no octet",
        "octets go up to 255",
    ),
    (
        "a pool's number outside the private block",
        "4: 240}",
        "4: 256}",
        "tslcd:    {site: tslcd,",
        "pools.tslcd.4: no private IPv4 range follows from its numbers",
        "give it a `range`",
    ),
    (
        "an end without a beginning",
        "port: v6, 4: 33-complete, 4-until: 40-ipv6-only",
        "port: v6, 4-until: 40-ipv6-only",
        "port: v6",
        "lans.stttt-v6.4-until: an end without a beginning: there is no `4`",
        "add `4:` with its first stage",
    ),
    (
        "an unknown stage",
        "cost: 15,  6: 21-pilot",
        "cost: 15,  6: 22-pilot",
        "core, number: 1,",
        "links[0].6: there is no '22-pilot'",
        f"choose one of: {STAGES}",
    ),
    (
        "an unknown stage of a late host",
        "6-later: {portal: 31-datacentre",
        "6-later: {portal: 30-datacentre",
        "6-later: {portal",
        "lans.dmz.6-later.portal: there is no '30-datacentre'",
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
    assert second.startswith(hint or "correct this line")


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
