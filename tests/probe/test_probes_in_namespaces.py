"""Every probe, proven against real kernels: a client, a router with a smaller MTU behind it, a server."""

from __future__ import annotations

import os
import socket
import time

import pytest

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import Family
from harness.node import Node
from harness.probe.address import sockaddr, socket_family
from harness.probe.icmp import EchoOptions, echo, echo_many
from harness.probe.namespace import open_in
from harness.probe.tcp import connect, connect_many
from tests.probe.conftest import BLACKHOLE, CLIENT, ROUTER, ROUTER_MTU, SERVER, UNREACHABLE, Net

pytestmark = pytest.mark.parametrize("family", [4, 6])
HEADERS = {4: 28, 6: 48}


def listener(node: Node, family: Family, port: int = 0) -> socket.socket:
    def make() -> socket.socket:
        sock = socket.socket(socket_family(family), socket.SOCK_STREAM)
        sock.bind(sockaddr(family, SERVER[family], port))
        sock.listen(16)
        return sock

    return open_in(node, make)


def test_an_echo_is_answered_by_the_address_that_was_asked(net: Net, history: History, family: Family) -> None:
    seen = echo(history, net.client, family, SERVER[family])
    assert (seen.answer, seen.by, seen.data["hop_limit"]) == ("reply", SERVER[family], 63)
    assert history.events("probe.icmp")[0].data["answer"] == "reply"


def test_a_router_says_that_a_packet_is_too_big_and_which_mtu_it_has(
    net: Net, history: History, family: Family
) -> None:
    options = EchoOptions(size=1500 - HEADERS[family], ignore_known_mtu=True)
    seen = echo(history, net.client, family, SERVER[family], options)
    assert (seen.answer, seen.by) == ("unreachable", ROUTER[family])
    assert (seen.data["reason"], seen.data["mtu"]) == ("packet too big", ROUTER_MTU)
    fitting = EchoOptions(size=ROUTER_MTU - HEADERS[family], dont_fragment=True)
    assert echo(history, net.client, family, SERVER[family], fitting).answer == "reply"


def test_a_node_that_has_learnt_the_path_mtu_says_so_itself(net: Net, history: History, family: Family) -> None:
    options = EchoOptions(size=1500 - HEADERS[family], dont_fragment=True)
    echo(history, net.client, family, SERVER[family], options)
    seen = echo(history, net.client, family, SERVER[family], options)
    assert (seen.answer, seen.by, seen.data["mtu"]) == ("unreachable", "client", ROUTER_MTU)


def test_a_large_echo_that_may_be_fragmented_is_answered(net: Net, history: History, family: Family) -> None:
    assert echo(history, net.client, family, SERVER[family], EchoOptions(size=3000)).answer == "reply"


def test_an_expired_hop_limit_names_the_router(net: Net, history: History, family: Family) -> None:
    seen = echo(history, net.client, family, SERVER[family], EchoOptions(hop_limit=1))
    assert (seen.answer, seen.by, seen.data["reason"]) == ("unreachable", ROUTER[family], "hop limit exceeded")


def test_unreachable_and_silence_are_told_apart(net: Net, history: History, family: Family) -> None:
    asks = [
        (net.client, family, UNREACHABLE[family], EchoOptions()),
        (net.client, family, BLACKHOLE[family], EchoOptions()),
    ]
    unreachable, silent = echo_many(history, asks, timeout=0.4)
    assert (unreachable.answer, unreachable.by) == ("unreachable", ROUTER[family])
    assert silent.answer == "silence"


def test_a_node_without_a_route_says_so_itself(net: Net, history: History, family: Family) -> None:
    seen = echo(history, net.router, family, {4: "198.51.100.1", 6: "2001:db8::1"}[family])
    assert (seen.answer, seen.by, seen.data["errno"]) == ("unreachable", "router", "ENETUNREACH")


def test_a_thousand_echoes_take_the_time_of_the_slowest_answer(net: Net, history: History, family: Family) -> None:
    pairs = [(net.client, SERVER), (net.server, CLIENT), (net.client, ROUTER), (net.server, ROUTER)] * 250
    began = time.monotonic()
    seen = echo_many(history, [(node, family, to[family], EchoOptions()) for node, to in pairs], timeout=5)
    assert {each.answer for each in seen} == {"reply"}
    assert time.monotonic() - began < 1


def test_an_open_port_replies_and_a_closed_one_refuses(net: Net, history: History, family: Family) -> None:
    with listener(net.server, family) as server:
        port = server.getsockname()[1]
        seen = connect(history, net.client, family, SERVER[family], port)
        assert (seen.answer, seen.by, seen.data["source"]) == ("reply", SERVER[family], CLIENT[family])
    seen = connect(history, net.client, family, SERVER[family], port)
    assert (seen.answer, seen.by) == ("refusal", SERVER[family])


def test_a_connection_says_who_called_its_target_unreachable(net: Net, history: History, family: Family) -> None:
    asks = [(net.client, family, UNREACHABLE[family], 80), (net.client, family, BLACKHOLE[family], 80)]
    unreachable, silent = connect_many(history, asks, timeout=0.4)
    assert (unreachable.answer, unreachable.by) == ("unreachable", ROUTER[family])
    assert unreachable.data["icmp_type"] in (1, 3)
    assert silent.answer == "silence"


def test_two_thousand_ports_are_scanned_in_a_second(net: Net, history: History, family: Family) -> None:
    with listener(net.server, family, 2000):
        began = time.monotonic()
        seen = connect_many(history, [(net.client, family, SERVER[family], port) for port in range(1000, 3000)])
    assert [each.asked["port"] for each in seen if each.answer == "reply"] == [2000]
    assert {each.answer for each in seen if each.asked["port"] != 2000} == {"refusal"}
    assert time.monotonic() - began < 2


def test_an_address_of_the_other_family_is_a_mistake_of_the_caller(net: Net, history: History, family: Family) -> None:
    other = SERVER[{4: 6, 6: 4}[family]]
    with pytest.raises(ValueError, match="is not an IPv"):
        echo(history, net.client, family, other)
    with pytest.raises(ValueError, match="is not an IPv"):
        connect(history, net.client, family, other, 80)


def test_the_host_itself_is_never_measured_from(history: History, family: Family) -> None:
    host = Node("host", "host", "running", os.getpid())
    with pytest.raises(CannotMeasure, match="namespace of its own"):
        echo(history, host, family, {4: "127.0.0.1", 6: "::1"}[family])
