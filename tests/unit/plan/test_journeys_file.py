"""Journeys as they are written, and in which ways a stage offers them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.drill.steps import KINDS
from harness.errors import WrongInput
from harness.plan import load as plans
from harness.plan.journeys import WORDS, families_in, load, manners

ROOT = Path(__file__).parents[3]
FILE = ROOT / "configs/journeys.yml"
PLAN = plans.load(ROOT / "configs/plan.yml")
JOURNEYS = {each.name: each for each in load(FILE, PLAN)}


@pytest.mark.parametrize(
    ("journey", "host", "stage", "expected"),
    [
        ("portal", "viettel-citizen", "00-baseline", (4, "either")),
        ("portal", "viettel-citizen", "31-datacentre", (4, 6, "either")),
        ("portal", "viettel-legacy", "33-complete", (4,)),
        ("portal", "viettel-mobile", "31-datacentre", (6,)),
        ("portal", "viettel-mobile", "00-baseline", (6,)),  # its operator translates
        ("document", "stttt-pc", "21-pilot", (4, "either")),
        ("document", "stttt-v6", "31-datacentre", (6,)),
        ("document", "vpubnd-pc", "31-datacentre", (4,)),
        ("document", "vpubnd-pc", "40-ipv6-only", (6,)),
        ("ministry", "daksong-pc", "31-datacentre", (4,)),
        ("ministry", "daksong-pc", "32-wan", (4, 6, "either")),
        ("foreign-ipv4-site", "stttt-pc", "31-datacentre", (4, "either")),
        ("foreign-ipv4-site", "stttt-v6", "31-datacentre", (6,)),
        ("foreign-site", "stttt-v6", "21-pilot", ()),
    ],
)
def test_a_journey_is_made_in_the_families_that_host_servers_and_translator_have(journey, host, stage, expected):
    assert manners(PLAN, JOURNEYS[journey], host, stage) == expected


def test_every_host_of_an_agency_does_something():
    hosts = {host for each in JOURNEYS.values() for host in each.hosts}
    agencies = {host for lan in PLAN.lans.values() if PLAN.sites[lan.site].zone == "agency" for host in lan.hosts}
    assert agencies <= hosts


def test_a_browser_tries_ipv6_first():
    assert (families_in("either"), families_in(4)) == ((6, 4), (4,))


def test_every_kind_of_step_that_may_be_written_can_be_done():
    assert KINDS.keys() == WORDS.keys()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{open: portal}", "{opne: portal}", "no single kind of step"),
        ("{open: portal}", "{open: prtal}", "there is no 'prtal'"),
        ("{read: qlvb}", "{read: qlvb, path: /}", "no such key"),
        ("to: foreign-mail", "to: foreign-male", "there is no 'foreign-male'"),
        ("mib: 5", "mib: five", "is not a whole number"),
        ("hosts: [gianghia-pc", "hosts: [gianghia-pcs", "there is no 'gianghia-pcs'"),
        ("who: [district]", "who: [districts]", "there is no 'districts'"),
        ("6: 32-wan", "6: 32-van", "there is no '32-van'"),
        ("does: [{resolve: portal}]", "does: []", "somebody must do something"),
        ("people:", "people: [", "not YAML"),
    ],
)
def test_what_cannot_be_understood_is_told_with_its_line(tmp_path, old, new, said):
    text = FILE.read_text(encoding="utf-8")
    body = text.index("\npeople:")
    assert old in text[body:]
    file = tmp_path / "journeys.yml"
    file.write_text(text[:body] + text[body:].replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WrongInput, match=said) as raised:
        load(file, PLAN)
    assert raised.value.line is not None
