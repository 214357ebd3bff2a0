"""Reading a plan that is not one: what is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import WrongInput
from harness.plan.load import load
from tests.unit.plan.edited import PLAN, STAGES, changed


def line_with(text: str) -> int:
    return next(number for number, line in enumerate(PLAN.read_text().splitlines(), 1) if text in line)


BAD = [
    ("an unknown key", "cost: 15,", "prize: 15,", "core, number: 1,", "links[0].prize: no such key", "keys that exist"),
    ("an unknown top key", "domain:", "dominion:", "domain:", "dominion: no such key", "keys that exist here: asns,"),
    ("a key given twice", "nat44:", "domain: x\nnat44:", "nat44:", "domain: given twice", "keep one of them"),
    (
        "host bits in a prefix",
        "3fff:d40::/40",
        "3fff:d40::1/40",
        "3fff:d40::/40",
        "blocks.province.6: 3fff:d40::1/40 has host bits set",
        "write the prefix with its host bits at zero",
    ),
    (
        "a prefix of the other family",
        "3fff:d40::/40",
        "10.0.0.0/8",
        "3fff:d40::/40",
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
