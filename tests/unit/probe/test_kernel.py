"""The kernel's tables, from messages that a kernel wrote."""

from __future__ import annotations

import struct

from harness.probe.kernel import NextHop, parse_address, parse_link, parse_neighbour, parse_route
from harness.probe.netlink import attributes, split
from harness.probe.rules import parse as parse_rules
from harness.probe.sysctl import path_of

DEVICES = {2: "eth1"}


def test_a_link_has_kind_carrier_mtu_and_mac() -> None:
    link = parse_link(
        bytes.fromhex(
            "0000010002000000431001000000000009000300657468310000000008000400dc0500000a0001000a6f3ae8bfe60000"
            "050021000100000010001200090001007665746800000000"
        )
    )
    assert (link.device, link.index, link.kind, link.up, link.carrier) == ("eth1", 2, "veth", True, True)
    assert (link.mtu, link.mac) == (1500, "0a:6f:3a:e8:bf:e6")


def test_an_address_from_an_advertisement_is_dynamic_with_lifetimes() -> None:
    address = parse_address(
        bytes.fromhex(
            "0a40000002000000140001003fff0001000000000000000000000009140006008c0a00001815000076e7040076e70400"
            "0800080000000000"
        ),
        DEVICES,
    )
    assert (address.address, address.prefix_length, address.device) == ("3fff:1::9", 64, "eth1")
    assert (address.flags, address.valid, address.preferred) == (("dynamic",), 5400, 2700)


def test_a_duplicate_address_is_flagged() -> None:
    header = struct.pack("=BBBBI", 10, 64, 0xC8, 0, 2)
    address = parse_address(header + struct.pack("=HH", 20, 1) + bytes(16), DEVICES)
    assert {"tentative", "dadfailed", "permanent"} == set(address.flags)
    assert address.valid is None


def test_equally_good_paths_are_all_there_with_their_weights() -> None:
    route = parse_route(
        bytes.fromhex(
            "02180000feba00010000000008000f00fe00000008000100c63364000800060014000000"
            "240009001000000002000000080005000a0001011000000202000000080005000a000107"
        ),
        DEVICES,
    )
    assert (route.destination, route.protocol, route.metric, route.table) == ("198.51.100.0/24", "bgp", 20, 254)
    assert route.next_hops == (NextHop("10.0.1.1", "eth1", 1), NextHop("10.0.1.7", "eth1", 3))


def test_a_gateway_of_the_other_family_is_seen() -> None:
    route = parse_route(
        bytes.fromhex(
            "02180000febc00010000000008000f00fe00000008000100cb007100160012000a00fe80000000000000000000000000000100000800040002000000"
        ),
        DEVICES,
    )
    assert (route.family, route.protocol, route.next_hops) == (4, "ospf", (NextHop("fe80::1", "eth1"),))


def test_a_route_from_an_advertisement_has_its_preference() -> None:
    route = parse_route(
        bytes.fromhex(
            "0a300000fe0900010000000008000f00fe000000140001003fff000700000000000000000000000008000600000400001400"
            "0500fe800000000000000000000000000001080004000200000024000c0000000000000000001fbf02000000000000000000"
            "0000000000000000000000000500140001000000"
        ),
        DEVICES,
    )
    assert (route.destination, route.protocol, route.preference) == ("3fff:7::/48", "ra", "high")


def test_a_default_route_has_a_destination_too() -> None:
    route = parse_route(
        bytes.fromhex("02000000fe0400010000000008000f00fe0000000800060032000000080005000a0001010800040002000000"),
        DEVICES,
    )
    assert (route.destination, route.metric) == ("0.0.0.0/0", 50)


def test_neighbours_have_state_and_mac() -> None:
    known = parse_neighbour(bytes.fromhex("020000000200000080000001080001000a0001070a0002000200000000070000"), DEVICES)
    assert (known.address, known.mac, known.state) == ("10.0.1.7", "02:00:00:00:00:07", "permanent")
    failed = parse_neighbour(bytes.fromhex("020000000200000020000001080001000a000108"), DEVICES)
    assert (failed.mac, failed.state, failed.router) == ("", "failed", False)


def test_messages_and_attributes_that_are_cut_off_end_quietly() -> None:
    message = struct.pack("=IHHII", 20, 3, 2, 1, 0) + bytes(4)
    assert [each.type for each in split(message * 2 + message[:10])] == [3, 3]
    assert attributes(struct.pack("=HH", 2, 1)) == {}


def test_a_setting_is_a_file_and_a_slash_stands_for_a_dot_in_an_interface() -> None:
    assert str(path_of("net.ipv6.conf.eth0/5.accept_ra")) == "/proc/sys/net/ipv6/conf/eth0.5/accept_ra"


def test_a_rule_set_comes_without_its_metainfo_and_may_be_empty() -> None:
    assert parse_rules(b'{"nftables": [{"metainfo": {}}, {"table": {"name": "x"}}]}') == [{"table": {"name": "x"}}]
    assert parse_rules(b"") == []
