"""What the kernel of a node holds, read inside real namespaces."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from harness.history.history import History
from harness.history.seen import Family
from harness.probe.icmp import echo
from harness.probe.kernel import NextHop
from harness.probe.namespace import inside
from harness.probe.route import addresses, links, neighbours, routes
from harness.probe.rules import rules
from harness.probe.sysctl import sysctls
from tests.probe.conftest import CLIENT, ROUTER, ROUTER_MTU, Net


def test_links_have_carrier_and_mtu(net: Net, history: History) -> None:
    found = {link.device: link for link in links(history, net.router)}
    assert (found["eth2"].up, found["eth2"].carrier, found["eth2"].mtu, found["eth2"].kind) == (
        True,
        True,
        ROUTER_MTU,
        "veth",
    )
    assert history.events("probe.route")[0].data["data"]["links"]


@pytest.mark.parametrize("family", [4, 6])
def test_addresses_have_their_flags_and_lifetimes(net: Net, history: History, family: Family) -> None:
    found = {each.address: each for each in addresses(history, net.client, family)}
    mine = found[CLIENT[family]]
    assert (mine.device, mine.prefix_length, mine.valid) == ("eth1", {4: 24, 6: 64}[family], None)
    assert "permanent" in mine.flags
    assert "tentative" not in mine.flags


@pytest.mark.parametrize("family", [4, 6])
def test_routes_have_protocol_metric_and_next_hop(net: Net, history: History, family: Family) -> None:
    found = {each.destination: each for each in routes(history, net.client, family)}
    default = found[{4: "0.0.0.0/0", 6: "::/0"}[family]]
    assert (default.protocol, default.metric, default.kind) == ("static", 50, "unicast")
    assert default.next_hops == (NextHop(ROUTER[family], "eth1"),)
    router = {each.destination: each for each in routes(history, net.router, family)}
    assert router[{4: "10.9.1.0/24", 6: "3fff:9:1::/64"}[family]].kind == "unreachable"
    assert router[{4: "10.9.2.0/24", 6: "3fff:9:2::/64"}[family]].kind == "blackhole"


@pytest.mark.parametrize("family", [4, 6])
def test_a_neighbour_that_was_asked_is_known_with_its_mac(net: Net, history: History, family: Family) -> None:
    echo(history, net.server, family, CLIENT[family])
    found = {each.address: each for each in neighbours(history, net.client, family)}
    mac = next(link.mac for link in links(history, net.router) if link.device == "eth1")
    assert (found[ROUTER[family]].mac, found[ROUTER[family]].device) == (mac, "eth1")


def test_settings_are_those_of_the_node_and_not_of_the_host(net: Net, history: History) -> None:
    name = "net.ipv6.conf.eth2.accept_dad"
    assert sysctls(history, net.router, [name, "net.ipv6.conf.all.forwarding"]) == {
        name: "0",
        "net.ipv6.conf.all.forwarding": "1",
    }
    assert sysctls(history, net.client, [name, "net.ipv6.conf.all.forwarding"]) == {
        name: None,
        "net.ipv6.conf.all.forwarding": "0",
    }


@pytest.mark.skipif(not shutil.which("nft"), reason="lacks nft")
def test_the_packet_filter_is_read_in_the_node(net: Net, history: History) -> None:
    assert rules(history, net.server) == []
    with inside(net.server):
        subprocess.run(["nft", "add", "table", "inet", "seen"], check=True)
    try:
        assert rules(history, net.server)[0]["table"]["name"] == "seen"
    finally:
        with inside(net.server):
            subprocess.run(["nft", "delete", "table", "inet", "seen"], check=True)
