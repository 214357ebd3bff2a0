"""The page's state: what each piece of news makes of it, and the one word that stands on the wall."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.fault.base import APPLIED, LIFTED
from harness.watch.reduce import KEPT_EVENTS, reduce
from harness.watch.seen import (
    Attached,
    DrillBegun,
    DrillEnded,
    Gone,
    NodesSeen,
    Passed,
    PortSeen,
    Recorded,
    SessionsSeen,
    Ticked,
)
from harness.watch.state import as_data
from tests.unit.watch.told import ENDS, FAULT, FLOW, LINK, UP, event, state_after


def test_a_lab_that_is_up_and_loses_nothing_is_good():
    state = state_after(*UP)
    assert state.health == "good"
    assert as_data(state)["links"] == {LINK: "up"}


@pytest.mark.parametrize(
    "news",
    [
        NodesSeen(2.0, {"edge1": "frozen", "viettel": "running"}),
        PortSeen(2.0, ENDS[1], False),
        SessionsSeen(2.0, "edge1", "bgp", (4, 6), {(6, "3fff::1"): False}, whole=True),
        Passed(2.0, ((FLOW, 2.0, "lost"),)),
        event(APPLIED, 2.0, fault=FAULT),
    ],
    ids=lambda news: type(news).__name__,
)
def test_each_kind_of_trouble_is_red(news):
    assert state_after(*UP, news).health == "bad"


def test_what_broke_before_anybody_looked_is_red_only_while_the_lab_is_between():
    past = replace(event(APPLIED, 0.5, fault=FAULT), past=True)
    assert state_after(*UP, past).health == "good"
    state = state_after(*UP, Recorded(2.0, "31-datacentre", "between", "drill F02, begun at 3"), past)
    assert (state.health, state.faults) == ("bad", (FAULT,))


def test_a_lab_that_is_being_changed_without_a_loss_is_neither_green_nor_red():
    assert state_after(*UP, Recorded(2.0, "31-datacentre", "between", "step to 32-wan")).health == "changing"


def test_a_lab_that_goes_down_is_down_and_comes_back_green():
    down = state_after(*UP, event(APPLIED, 2.0, fault=FAULT), Gone(3.0, ""))
    assert (down.health, down.nodes, down.flows[FLOW].now) == ("down", {}, "unseen")
    again = down
    for each in UP:
        again = reduce(again, each)
    assert again.health == "good"


def test_a_session_that_is_not_named_any_more_is_down_where_only_those_that_are_up_are_named():
    up = SessionsSeen(2.0, "edge1", "bfd", (4, 6), {(4, "198.51.100.1"): True, (6, "3fff::1"): True})
    state = state_after(*UP, up, SessionsSeen(3.0, "edge1", "bfd", (4, 6), {(4, "198.51.100.1"): True}))
    assert not state.sessions["edge1", "bfd", 6, "3fff::1"]
    assert state.sessions["edge1", "bgp", 6, "3fff::1"]


def test_a_bgp_session_that_is_not_configured_any_more_is_not_one_that_is_down():
    state = state_after(*UP, SessionsSeen(2.0, "edge1", "bgp", (4, 6), {}, whole=True))
    assert state.sessions == {}


def test_sessions_that_another_stage_does_not_have_are_forgotten_when_it_is_reached():
    lost = SessionsSeen(2.0, "edge1", "bgp", (4, 6), {(6, "3fff::1"): False}, whole=True)
    assert state_after(*UP, lost, Recorded(3.0, "32-wan", "at")).health == "good"


def test_what_a_fault_names_is_marked_until_it_is_lifted():
    broken = state_after(*UP, event(APPLIED, 2.0, fault=FAULT))
    assert as_data(broken)["links"] == {LINK: "broken"}
    assert as_data(broken)["nodes"] == {"edge1": "running", "viettel": "running"}
    assert as_data(reduce(broken, event(LIFTED, 3.0, fault=FAULT)))["links"] == {LINK: "up"}


def test_a_node_that_a_fault_names_is_marked_and_no_other():
    broken = state_after(*UP, event(APPLIED, 2.0, fault="edge1 is frozen"))
    assert as_data(broken)["nodes"] == {"edge1": "broken", "viettel": "running"}


def test_a_fault_whose_drill_was_killed_is_forgotten_when_the_lab_is_at_a_stage_again():
    between = Recorded(2.0, "31-datacentre", "between", "drill F02, begun at 10:00:00")
    state = state_after(*UP, between, event(APPLIED, 2.1, fault=FAULT), Recorded(9.0, "31-datacentre", "at"))
    assert (state.health, state.faults) == ("good", ())


def test_our_drill_goes_through_its_phases_and_its_stopwatch_has_both_ends():
    between = Recorded(3.0, "31-datacentre", "between", "drill F02, begun at 10:00:00")
    news = (DrillBegun(2.0, "F02"), between, event(APPLIED, 4.0, fault=FAULT), event(LIFTED, 5.0, fault=FAULT))
    phases = [state_after(*UP, *news[: n + 1]).drill.phase for n in range(len(news))]
    assert phases == ["preparing", "running", "broken", "mended"]
    done = state_after(*UP, *news, DrillEnded(7.0, "pass")).drill
    assert (done.ours, done.begun, done.broke, done.mended, done.ended) == (True, 2.0, 4.0, 5.0, 7.0)


def test_a_drill_of_somebody_else_is_seen_in_the_record_and_is_not_ours():
    between = Recorded(3.0, "31-datacentre", "between", "drill F02, begun at 10:00:00")
    begun = state_after(*UP, between)
    assert (begun.drill.id, begun.drill.phase, begun.drill.ours) == ("F02", "running", False)
    assert reduce(begun, Recorded(8.0, "31-datacentre", "at")).drill.ended == 8.0


def test_our_drill_is_not_ended_by_the_record_but_by_its_process():
    between = Recorded(3.0, "31-datacentre", "between", "drill F02, begun at 10:00:00")
    state = state_after(*UP, DrillBegun(2.0, "F02"), between, Recorded(8.0, "31-datacentre", "at"))
    assert state.drill.phase == "running"


def test_what_happened_is_told_once_and_the_oldest_is_forgotten():
    state = state_after(*UP)
    before = len(state.events)
    down = reduce(reduce(state, PortSeen(2.0, ENDS[0], False)), PortSeen(2.1, ENDS[0], False))
    assert [each.kind for each in down.events[before:]] == ["watch.port-down"]
    for number in range(KEPT_EVENTS + 5):
        down = reduce(down, PortSeen(3.0 + number, ENDS[0], number % 2 == 0))
    numbers = [each.number for each in down.events]
    assert len(numbers) == KEPT_EVENTS
    assert numbers == list(range(numbers[0], numbers[0] + KEPT_EVENTS))


def test_the_clock_never_goes_back():
    assert state_after(*UP, Ticked(9.0), event(APPLIED, 2.0, fault=FAULT)).clock == 9.0


def test_the_sessions_of_a_router_without_a_process_are_unknown():
    state = state_after(*UP, NodesSeen(2.0, {"edge1": "stopped", "viettel": "running"}))
    assert state.sessions == {}


def test_a_lab_that_comes_back_has_the_links_of_its_new_topology():
    again = Attached(5.0, "pilot", "embedded", {}, {"edge1": "running"})
    assert as_data(state_after(*UP, Gone(4.0, ""), again))["links"] == {}
