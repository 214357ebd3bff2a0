"""Readiness for a network without IPv4, counted in journeys."""

from __future__ import annotations

from dataclasses import replace

from harness.verdict.readiness import Outcome, not_back, readiness

DONE = Outcome("portal", "pc", "either", "done")
LOST = Outcome("portal", "pc", "either", "lost", "open portal", "no AAAA")
UNKNOWN = Outcome("portal", "pc", "either", "not measured", "open portal", "pc is stopped")
OTHER = Outcome("mail", "pc", "either", "done")


def test_a_site_whose_journeys_are_all_done_is_ready():
    assert readiness("a", [DONE, OTHER], [[DONE, OTHER]] * 2).percent == 100


def test_a_journey_that_one_round_loses_needs_ipv4():
    found = readiness("a", [DONE, OTHER], [[DONE, OTHER], [LOST, OTHER]])
    assert found.percent == 50
    assert [(each.journey, each.why, each.lost, each.rounds) for each in found.needs] == [("portal", "no AAAA", 1, 2)]


def test_what_is_lost_with_ipv4_already_counts_for_nothing():
    found = readiness("a", [LOST, OTHER], [[LOST, OTHER]])
    assert (found.percent, found.counted, len(found.unknown)) == (100, 1, 1)


def test_what_no_round_measured_is_not_known():
    found = readiness("a", [DONE], [[UNKNOWN]])
    assert (found.percent, found.needs) == (None, ())
    assert "pc is stopped" in found.unknown[0]


def test_a_round_that_could_not_measure_does_not_make_a_journey_lost():
    assert readiness("a", [DONE], [[UNKNOWN], [DONE]]).percent == 100


def test_what_was_done_before_and_is_not_again_is_named():
    assert not_back([DONE, OTHER], [LOST, OTHER]) == (LOST,)
    assert not_back([LOST], [LOST]) == ()


def test_every_journey_of_a_site_is_ready_or_needs_ipv4_or_is_unknown():
    mail, dns = (replace(OTHER, journey=name, fate="lost") for name in ("mail", "dns"))
    found = readiness("a", [DONE, OTHER, dns], [[DONE, mail, dns]])
    assert found.states == (("portal", "pc", "ready"), ("mail", "pc", "needs"), ("dns", "pc", "unknown"))
