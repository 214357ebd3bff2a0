"""What the live page listens to, on three namespaces: flows that are cut, interfaces that go down, nodes that die."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from harness.probe.continuity import Flow
from harness.wait import Condition, Deadline, until
from harness.watch.kernel import KernelWatch
from harness.watch.pulse import Pulse
from tests.probe.conftest import SERVER, ip, network

FLOWS_SECONDS = 0.3


@pytest.fixture
def own():
    """A network of one's own: nodes of it may die."""
    with network() as made:
        yield made


class Told:
    """The last word about each thing, and when it was said."""

    def __init__(self):
        self.last, self.at, self.every = {}, {}, {}

    def passed(self, news):
        for name, _, how in news.turns:
            self.last[name], self.at[name] = how, time.monotonic()

    def port(self, news):
        self.last[news.port], self.at[news.port] = news.up, time.monotonic()
        self.every.setdefault(news.port, set()).add(news.up)

    def until(self, wanted):
        def unmet():
            return None if {name: self.last.get(name) for name in wanted} == wanted else str(self.last)

        assert until([Condition("told", unmet)], Deadline.after(5)).pending == ()


def flows(net):
    return tuple(Flow(f"IPv{family}", net.client, family, SERVER[family], net.server) for family in (4, 6))


THROUGH = {("IPv4", 4): "through", ("IPv6", 6): "through"}


def test_a_flow_that_is_cut_is_lost_within_300_ms_and_passes_again_in_each_family_by_itself(own):
    told = Told()
    with Pulse(flows(own), lambda name: own.client, told.passed):
        told.until(THROUGH)
        cut = time.monotonic()
        ip(own.router, "-6 addr del 3fff:2::1/64 dev eth2")
        told.until({**THROUGH, ("IPv6", 6): "lost"})
        assert told.at["IPv6", 6] - cut < FLOWS_SECONDS
        ip(own.router, "-6 addr add 3fff:2::1/64 dev eth2 nodad")
        told.until(THROUGH)


def test_flows_that_nobody_follows_any_more_are_unseen_and_no_longer_sent(own):
    told = Told()
    with Pulse(flows(own), lambda name: own.client, told.passed):
        told.until(THROUGH)
    assert set(told.last.values()) == {"unseen"}
    assert not [each for each in threading.enumerate() if each.name.startswith("watch-")]


def test_the_sockets_of_a_node_that_died_are_closed_so_that_nothing_keeps_its_links_up(own):
    told, died = Told(), []
    ports = {("client", "eth1"), ("router", "eth1"), ("router", "eth2")}
    nodes = {"client": own.client, "router": own.router}
    with (
        KernelWatch({"router"}, ports, told.port, lambda name: None, died.append) as kernel,
        Pulse(flows(own), lambda name: own.client, told.passed),
    ):
        kernel.listen(nodes)
        told.until({**THROUGH, ("router", "eth1"): True, ("router", "eth2"): True})
        os.kill(own.client.pid, signal.SIGKILL)
        told.until({("IPv4", 4): "lost", ("IPv6", 6): "lost", ("router", "eth1"): False, ("router", "eth2"): True})
    assert died == ["client"]


def test_an_interface_that_goes_down_and_comes_back_is_told_at_both_ends(own):
    told = Told()
    both = {("client", "eth1"), ("router", "eth1")}
    with KernelWatch(set(), both, told.port, lambda name: None, lambda name: None) as kernel:
        kernel.listen({"client": own.client, "router": own.router})
        told.until(dict.fromkeys(both, True))
        ip(own.client, "link set eth1 down")
        told.until(dict.fromkeys(both, False))
        ip(own.client, "link set eth1 up")
        told.until(dict.fromkeys(both, True))


def test_what_a_bridge_says_of_its_port_is_not_taken_for_the_carrier(own):
    told, port, other = Told(), ("router", "eth1"), ("router", "eth2")
    with KernelWatch(set(), {port, other}, told.port, lambda name: None, lambda name: None) as kernel:
        kernel.listen({"router": own.router})
        ip(own.router, "link add br0 type bridge")
        ip(own.router, "link set br0 up")
        ip(own.router, "link set eth1 master br0")
        ip(own.router, "link set eth1 nomaster")
        ip(own.router, "link set eth2 down")  # once that is told, all before it has been heard
        told.until({other: False})
    assert told.every[port] == {True}


def test_routes_that_move_are_told_of_routers_only(own):
    moved = []
    with KernelWatch({"router"}, set(), lambda news: None, moved.append, lambda name: None) as kernel:
        kernel.listen({"client": own.client, "router": own.router})
        ip(own.client, "route add blackhole 10.78.0.0/16")
        ip(own.router, "-6 route add blackhole 3fff:77::/32")
        heard = Condition("told", lambda: None if moved else "not yet")
        assert until([heard], Deadline.after(5)).pending == ()
    assert set(moved) == {"router"}
