"""The arithmetic of continuity, the end of a path, addresses and namespaces: no root needed."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import Any

import pytest

from harness.errors import CannotMeasure
from harness.node import Node
from harness.probe.address import checked, sockaddr
from harness.probe.continuity_result import BACK, LATE_STEPS, SENT_BACK, THERE, direction, jitter
from harness.probe.descriptors import room_for
from harness.probe.namespace import inside
from harness.probe.path import conclude
from harness.probe.side_by_side import side_by_side

BOTH = THERE | BACK | SENT_BACK


def test_a_flow_without_loss_has_no_gap() -> None:
    found = direction([BOTH] * 10, THERE, 100.0, 0.01)
    assert (found.sent, found.received, found.gap_ms, found.longest) == (10, 10, 0.0, None)


def test_the_gap_is_the_longest_run_of_lost_packets_times_the_interval() -> None:
    states = [BOTH, 0, BOTH, 0, 0, 0, BOTH, BOTH]
    found = direction(states, THERE, 100.0, 0.01)
    assert (found.sent, found.received, [gap.lost for gap in found.gaps]) == (8, 4, [1, 3])
    assert found.gap_ms == 30.0
    assert found.longest
    assert (found.longest.began, found.longest.ended) == pytest.approx((100.03, 100.06))


def test_what_was_not_sent_back_is_not_counted_against_the_way_back() -> None:
    states = [0, THERE, BOTH, THERE | SENT_BACK, THERE | SENT_BACK, BOTH]
    back = direction(states, BACK, 0.0, 0.01)
    assert (back.sent, back.received, back.gap_ms) == (4, 2, 20.0)
    assert direction(states, THERE, 0.0, 0.01).gap_ms == 10.0


def test_the_way_back_is_out_for_as_long_as_it_is_although_the_way_there_is_out_too() -> None:
    states = [BOTH, SENT_BACK, SENT_BACK, SENT_BACK | BACK, BOTH]
    assert [direction(states, bit, 0.0, 0.01).gap_ms for bit in (THERE, BACK)] == [30.0, 20.0]


def test_a_gap_that_never_ended_lasts_to_the_last_packet() -> None:
    found = direction([BOTH, 0, 0], THERE, 0.0, 0.01)
    assert found.longest
    assert (found.gap_ms, found.longest.ended) == (20.0, pytest.approx(0.02))


def test_jitter_is_stated_by_quantiles() -> None:
    late = [0] * LATE_STEPS
    late[9], late[99], late[999] = 90, 9, 1
    found = jitter(late, True)
    assert (found.p50_ms, found.p99_ms, found.max_ms) == (0.1, 1.0, 10.0)
    assert jitter([0] * LATE_STEPS, False).max_ms == 0.0


def hop(number: int, by: str, end: str = "") -> dict[str, Any]:
    return {"hop": number, "by": by, "rtt_ms": 0.0, "reason": "", "end": end}


def test_a_path_ends_at_the_first_hop_that_is_its_end() -> None:
    answer, by, hops = conclude([hop(1, "r1"), hop(2, ""), hop(3, "t", "reply"), hop(4, "t", "reply")])
    assert (answer, by, len(hops)) == ("reply", "t", 3)


def test_a_path_without_an_end_goes_as_far_as_somebody_spoke() -> None:
    answer, by, hops = conclude([hop(1, "r1"), hop(2, ""), hop(3, "")])
    assert (answer, by, [each["by"] for each in hops]) == ("silence", "", ["r1"])


@pytest.mark.parametrize(("family", "address"), [(4, "::1"), (6, "10.0.0.1"), (4, "portal.example"), (5, "10.0.0.1")])
def test_an_address_that_is_not_of_the_family_is_a_mistake(family: Any, address: str) -> None:
    with pytest.raises(ValueError, match=r"family|address"):
        checked(family, address)


def test_an_address_may_have_a_zone() -> None:
    assert checked(6, "FE80::1%eth1") == "fe80::1%eth1"
    assert sockaddr(6, "fe80::1%7", 53) == ("fe80::1", 53, 0, 7)
    assert sockaddr(6, "3fff::1", 53) == ("3fff::1", 53, 0, 0)


def test_the_harness_itself_is_not_a_node() -> None:
    with (
        pytest.raises(CannotMeasure, match="no network namespace of its own"),
        inside(Node("me", "", "running", os.getpid())),
    ):
        pass


def test_a_node_that_has_gone_cannot_be_entered() -> None:
    with pytest.raises(CannotMeasure, match="is stopped"), inside(Node("gone", "", "stopped", None)):
        pass
    with pytest.raises(CannotMeasure, match="is gone"), inside(Node("gone", "", "running", 2**22 + 1)):
        pass


def test_there_is_room_for_at_least_one_and_never_more_than_wanted() -> None:
    assert room_for(1) == 1
    assert 1 <= room_for(50) <= 50


def test_answers_come_in_the_order_of_the_questions() -> None:
    assert side_by_side(lambda number: number * 2, range(100)) == [number * 2 for number in range(100)]
    assert side_by_side(len, []) == []


def test_no_more_are_asked_at_once_than_was_said() -> None:
    asking: list[int] = []
    most_at_once: list[int] = []
    fourth = threading.Barrier(4)

    def one(number: int) -> None:
        asking.append(number)
        most_at_once.append(len(asking))
        with suppress(threading.BrokenBarrierError):
            fourth.wait(0.1)
        asking.remove(number)

    side_by_side(one, range(12), 3)
    assert max(most_at_once) <= 3
    assert fourth.broken  # three have waited for one more, and nobody came
