"""What the kernel of a node holds, as data: links, addresses, routes and neighbours, parsed from rtnetlink."""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from harness.history.seen import Family
from harness.probe.netlink import attributes, ip_address, number, text

FOREVER = 0xFFFFFFFF
AF_TO_FAMILY: dict[int, Family] = {2: 4, 10: 6}
ADDRESS_FLAGS = {
    0x01: "secondary",
    0x02: "nodad",
    0x04: "optimistic",
    0x08: "dadfailed",
    0x20: "deprecated",
    0x40: "tentative",
    0x80: "permanent",
    0x100: "mngtmpaddr",
    0x200: "noprefixroute",
    0x800: "stable-privacy",
}
"""if_addr.h; an address that is not *permanent* is *dynamic* (RA, DHCP)."""
PROTOCOLS = {2: "kernel", 3: "boot", 4: "static", 9: "ra", 11: "zebra", 16: "dhcp", 186: "bgp", 187: "isis"}
PROTOCOLS |= {188: "ospf", 189: "rip", 190: "ripng", 191: "nhrp", 192: "eigrp", 195: "pbr", 196: "zstatic"}
"""Who put a route there: rtnetlink.h and FRR's own numbers (OSPFv2 and v3 are both *ospf*)."""
ROUTE_KINDS = {1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast", 6: "blackhole"}
ROUTE_KINDS |= {7: "unreachable", 8: "prohibit", 9: "throw"}
NEXT_HOP_FLAGS = {0x1: "dead", 0x4: "onlink", 0x8: "offload", 0x10: "linkdown"}
NDA_CACHEINFO, USER_HZ = 3, 100
"""``struct nda_cacheinfo`` (linux/neighbour.h): confirmed, used, updated, references; times in ticks of 10 ms."""
NEIGHBOUR_STATES = {0x01: "incomplete", 0x02: "reachable", 0x04: "stale", 0x08: "delay", 0x10: "probe"}
NEIGHBOUR_STATES |= {0x20: "failed", 0x40: "noarp", 0x80: "permanent"}
PREFERENCES = {0: "medium", 1: "high", 3: "low"}
"""Of a default router, RFC 4191 §2.1."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """One interface. ``up`` is what was asked for, ``carrier`` whether the other end is there."""

    device: str
    index: int
    kind: str
    up: bool
    carrier: bool
    mtu: int
    mac: str
    master: int


@dataclass(frozen=True, slots=True)
class AddressState:
    """One address. Lifetimes are seconds that are left, ``None`` for ever; ``flags`` as ``ip address`` names them."""

    device: str
    family: Family
    address: str
    prefix_length: int
    flags: tuple[str, ...]
    valid: int | None
    preferred: int | None


@dataclass(frozen=True, slots=True)
class NextHop:
    """One way on. ``gateway`` is empty on a connected network."""

    gateway: str
    device: str
    weight: int = 1
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteState:
    """One route. ``next_hops`` are several for equally good paths, none for a blackhole. ``table`` 254 is main."""

    family: Family
    destination: str
    protocol: str
    kind: str
    metric: int
    table: int
    next_hops: tuple[NextHop, ...]
    source: str = ""
    preference: str = ""


@dataclass(frozen=True, slots=True)
class NeighbourState:
    """One entry of the neighbour table (ARP or ND). ``age`` is how long its state has stood, in seconds."""

    device: str
    family: Family
    address: str
    mac: str
    state: str
    router: bool
    age: float = 0.0


def of_a_bridge(payload: bytes) -> bool:
    """Whether ``struct ifinfomsg`` is a bridge's word about its port (AF_BRIDGE): it says nothing of the carrier, and
    its RTM_DELLINK ends a membership only."""
    return payload[0] == socket.AF_BRIDGE


def parse_link(payload: bytes) -> LinkState:
    """``struct ifinfomsg`` and its attributes."""
    _, _, index, flags, _ = struct.unpack_from("=BxHiII", payload)
    found = attributes(payload[16:])
    kind = text(attributes(found.get(18, b"")).get(1))
    mac = found.get(1, b"").hex(":")
    carrier = bool(number(found.get(33)))
    return LinkState(
        text(found.get(3)), index, kind, bool(flags & 1), carrier, number(found.get(4)), mac, number(found.get(10))
    )


def parse_address(payload: bytes, devices: Mapping[int, str]) -> AddressState:
    """``struct ifaddrmsg`` and its attributes."""
    family, length, flags, _, index = struct.unpack_from("=BBBBI", payload)
    found = attributes(payload[8:])
    bits = number(found.get(8), flags)
    names = [name for bit, name in ADDRESS_FLAGS.items() if bits & bit]
    if not bits & 0x80:
        names.append("dynamic")
    preferred, valid = struct.unpack_from("=II", found[6]) if 6 in found else (FOREVER, FOREVER)
    return AddressState(
        devices.get(index, str(index)),
        AF_TO_FAMILY[family],
        ip_address(found.get(2, found.get(1))),
        length,
        tuple(names),
        None if valid == FOREVER else valid,
        None if preferred == FOREVER else preferred,
    )


def parse_route(payload: bytes, devices: Mapping[int, str]) -> RouteState:
    """``struct rtmsg`` and its attributes."""
    af, length, _, _, table, protocol, _, kind, flags = struct.unpack_from("=BBBBBBBBI", payload)
    found = attributes(payload[12:])
    family = AF_TO_FAMILY[af]
    network = ip_address(found.get(1)) or {4: "0.0.0.0", 6: "::"}[family]
    if 9 in found:
        hops = _multipath(found[9], devices)
    elif 4 in found or 5 in found:
        hops = (NextHop(_gateway(found), devices.get(number(found.get(4)), ""), 1, _hop_flags(flags & 0xFF)),)
    else:
        hops = ()
    name = ROUTE_KINDS.get(kind, str(kind))
    return RouteState(
        family,
        f"{network}/{length}",
        PROTOCOLS.get(protocol, str(protocol)),
        name,
        number(found.get(6)),
        number(found.get(15), table),
        () if name in ("blackhole", "unreachable", "prohibit") else hops,
        ip_address(found.get(7)),
        PREFERENCES.get(found[20][0], "") if 20 in found else "",
    )


def parse_neighbour(payload: bytes, devices: Mapping[int, str]) -> NeighbourState:
    """``struct ndmsg`` and its attributes."""
    family, index, state, flags, _ = struct.unpack_from("=BxxxiHBB", payload)
    found = attributes(payload[12:])
    return NeighbourState(
        devices.get(index, str(index)),
        AF_TO_FAMILY[family],
        ip_address(found.get(1)),
        found.get(2, b"").hex(":"),
        NEIGHBOUR_STATES.get(state, "none"),
        bool(flags & 0x80),
        struct.unpack_from("=I", found[NDA_CACHEINFO], 8)[0] / USER_HZ if NDA_CACHEINFO in found else 0.0,
    )


def _multipath(data: bytes, devices: Mapping[int, str]) -> tuple[NextHop, ...]:
    """The ``struct rtnexthop`` one after another; the kernel's ``hops`` is the weight less one."""
    hops = []
    while len(data) >= 8:
        length, flags, weight, index = struct.unpack_from("=HBBi", data)
        if length < 8:
            break
        gateway = _gateway(attributes(data[8:length]))
        hops.append(NextHop(gateway, devices.get(index, str(index)), weight + 1, _hop_flags(flags)))
        data = data[(length + 3) & ~3 :]
    return tuple(hops)


def _gateway(found: Mapping[int, bytes]) -> str:
    """RTA_GATEWAY, or RTA_VIA for a gateway of the other family (RFC 8950)."""
    return ip_address(found.get(5)) or ip_address(found.get(18, b"")[2:])


def _hop_flags(bits: int) -> tuple[str, ...]:
    return tuple(name for bit, name in NEXT_HOP_FLAGS.items() if bits & bit)
