import pytest

from harness.probe.kernel import AddressState, NeighbourState, NextHop, RouteState
from harness.probe.session_watch import sessions
from harness.probe.snapshot import address_line, counted, route_line, rule_line, session_lines, sought


def test_lifetimes_do_not_count_and_flags_do():
    one = AddressState("eth1", 6, "3fff::1", 64, ("dynamic",), 100, 50)
    other = AddressState("eth1", 6, "3fff::1", 64, ("dynamic",), 90, 40)
    assert address_line(one) == address_line(other) == "3fff::1/64 on eth1 dynamic"
    assert address_line(AddressState("eth1", 6, "3fff::1", 64, ("tentative",), 90, 40)) != address_line(one)


def test_which_address_of_its_network_a_host_was_lent_does_not_count_and_which_network_does():
    one, other, elsewhere = (
        AddressState("eth1", 4, each, 24, ("dynamic",), 100, 50) for each in ("10.0.0.128", "10.0.0.191", "10.0.1.128")
    )
    assert address_line(one) == address_line(other) == "a lease of 10.0.0.0/24 on eth1 dynamic"
    assert address_line(elsewhere) != address_line(one)
    assert address_line(AddressState("eth1", 4, "10.0.0.128", 24, (), 100, 50)) == "10.0.0.128/24 on eth1"


def test_equally_good_ways_are_a_set():
    hops = (NextHop("a", "eth1"), NextHop("b", "eth2"))
    one, other = (RouteState(4, "0.0.0.0/0", "bgp", "unicast", 20, 254, each) for each in (hops, hops[::-1]))
    assert route_line(one) == route_line(other) == "0.0.0.0/0 via a%eth1, b%eth2 (bgp, metric 20)"


def test_counters_handles_and_learnt_elements_do_not_count():
    one = {"rule": {"handle": 4, "expr": [{"counter": {"packets": 7, "bytes": 8}}, {"drop": None}]}}
    other = {"rule": {"handle": 5, "expr": [{"counter": {"packets": 9, "bytes": 9}}, {"drop": None}]}}
    assert rule_line(one) == rule_line(other)
    assert rule_line({"set": {"flags": ["dynamic"], "elem": [1]}}) == rule_line({"set": {"flags": ["dynamic"]}})
    assert rule_line({"set": {"elem": [1]}}) != rule_line({"set": {"elem": [2]}})


def test_a_rule_that_is_there_twice_is_not_what_was_there_once():
    assert set(counted(["accept", "drop"])) == {"accept", "drop"}
    assert set(counted(["accept", "drop", "accept"])) == {"accept", "drop", "accept (2 times)"}


def test_a_session_is_named_with_its_state_and_what_it_brought():
    answer = {"ipv6Unicast": {"peers": {"3fff::2": {"state": "Established", "pfxRcd": 4}}}, "totalPeers": 1}
    assert list(session_lines("bgpd", answer)) == ["ipv6Unicast 3fff::2: Established, 4 received"]
    assert list(sessions(answer)) == [(6, "3fff::2", "Established")]


@pytest.mark.parametrize(
    ("state", "age", "counts"), [("failed", 1.0, True), ("failed", 6.0, False), ("stale", 1.0, False)]
)
def test_a_neighbour_that_nobody_asks_for_any_more_is_no_complaint(state, age, counts):
    assert sought(NeighbourState("eth1", 6, "3fff::9", "", state, False, age)) == counts
