"""The plan for people: what is used and left, and tables that fit where they are read."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from harness.plan.load import load
from harness.plan.model import Plan
from harness.plan.show import Shown, free4, legend, tables


@cache
def the_plan() -> Plan:
    return load(Path(__file__).parents[3] / "configs/plan.yml")


def table(title: str) -> Shown:
    return next(each for each in tables(the_plan()) if each.title == title)


def row(title: str, first: str) -> dict[str, str]:
    found = table(title)
    cells = next(each for each in found.rows if each[0] == first)
    return {column.head: cell for column, cell in zip(found.columns, cells, strict=True)}


def test_a_block_says_what_is_used_and_what_is_left() -> None:
    assert row("Blocks: IPv6", "province")["/48 used"] == "7 of 256"
    assert row("Blocks: IPv6", "province")["next free"] == "3fff:d40:3::/48"
    four = row("Blocks: IPv4", "province")
    assert (four["used"], four["in reserve"], four["largest free"]) == ("176 of 256", "31.2 %", "203.0.113.192/26")


def test_a_block_with_something_in_use_is_not_wholly_in_reserve() -> None:
    assert row("Blocks: IPv6", "viettel")["in reserve"] == "> 99.9 %"


def test_a_host_that_has_a_family_later_than_its_lan_says_since_when() -> None:
    assert row("LANs", "dmz")["on"] == "21"
    assert "resolver2 portal (IPv6: 31) sites dvc (IPv6: 31)" in row("LANs", "dmz")["nodes"]


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        ([], ["192.0.2.0/24"]),
        (["192.0.2.0/25"], ["192.0.2.128/25"]),
        (["192.0.2.64/26", "192.0.2.0/27"], ["192.0.2.32/27", "192.0.2.128/25"]),
        (["192.0.2.0/24"], []),
    ],
)
def test_what_is_left_of_a_range_comes_in_the_largest_parts(taken: list[str], left: list[str]) -> None:
    found = free4(IPv4Network("192.0.2.0/24"), map(IPv4Network, taken))
    assert [str(each) for each in found] == left


def test_a_lan_says_when_its_families_are_on_in_the_numbers_of_stages() -> None:
    found = table("LANs")
    heads = [column.head.strip() for column in found.columns]
    assert heads.count("on") == 2
    lan = next(each for each in found.rows if each[0] == "vpubnd-lan")
    assert lan[1:5] == ("3fff:d40:11:10::/64", "32", "10.11.10.0/24", "00–40")
    assert "00–40: until, and not at, 40-ipv6-only" in legend(the_plan())


def test_a_pool_counts_the_links_that_still_fit() -> None:
    assert row("Pools", "core")["free"] == "5 links"
    assert row("Pools", "loopback")["free"] == "25 loopbacks"


def test_a_translator_names_the_lans_that_it_ever_serves() -> None:
    served = row("Translators", "NAT64 nat64")["serves"].split()
    assert "stttt-v6" in served
    assert "vpubnd-lan" in served
    assert "vpubnd-wifi" not in served


@pytest.mark.parametrize("width", [80, 100, 120])
def test_every_table_fits_into_a_terminal_and_keeps_its_first_columns(width: int) -> None:
    for whole in tables(the_plan()):
        part = whole.fitting(width)
        assert part.width() <= width, part.title
        assert part.columns[:2] == whole.columns[:2]
        assert len(part.rows) == len(whole.rows)
        assert all(len(cells) == len(part.columns) for cells in part.rows)


def test_a_wide_place_shows_every_column() -> None:
    assert all(each.fitting(each.width()) == each for each in tables(the_plan()))
