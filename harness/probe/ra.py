"""Router advertisements (RFC 4861 §4.2) as data: every field that a host acts on. No sockets here."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

ETHERTYPE_IPV6, ICMPV6, ROUTER_ADVERTISEMENT = 0x86DD, 58, 134
ETHERNET_HEADER, IPV6_HEADER = 14, 40
INFINITE = 0xFFFFFFFF
"""A lifetime of all ones is for ever."""
PREFERENCES = {0b00: "medium", 0b01: "high", 0b11: "low", 0b10: "reserved"}
"""RFC 4191 §2.1."""
PREF64_LENGTHS = {0: 96, 1: 64, 2: 56, 3: 48, 4: 40, 5: 32}
"""RFC 8781 §4."""
EXTENSIONS = (0, 43, 60)
"""Hop-by-hop, routing and destination options: RFC 8200 §4."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """A prefix information option, RFC 4861 §4.6.2; lifetimes in seconds."""

    prefix: str
    on_link: bool
    autonomous: bool
    valid: int
    preferred: int


@dataclass(frozen=True, slots=True)
class RouteInformation:
    """A route information option, RFC 4191 §2.3."""

    prefix: str
    preference: str
    lifetime: int


@dataclass(frozen=True, slots=True)
class Resolvers:
    """A recursive DNS server option, RFC 8106 §5.1."""

    addresses: tuple[str, ...]
    lifetime: int


@dataclass(frozen=True, slots=True)
class SearchList:
    """A DNS search list option, RFC 8106 §5.2."""

    names: tuple[str, ...]
    lifetime: int


@dataclass(frozen=True, slots=True)
class Pref64:
    """A PREF64 option, RFC 8781 §4."""

    prefix: str
    lifetime: int


@dataclass(frozen=True, slots=True)
class RouterAdvertisement:
    """One advertisement. Lifetimes are seconds, the two timers milliseconds; ``mtu`` 0 means no such option.

    ``source`` must be link-local and ``hop_limit_of_packet`` 255 for a host to believe it (RFC 4861 §6.1.2).
    """

    source: str
    destination: str
    source_mac: str
    hop_limit_of_packet: int
    hop_limit: int
    managed: bool
    other: bool
    home_agent: bool
    preference: str
    router_lifetime: int
    reachable_ms: int
    retransmit_ms: int
    link_layer_address: str
    mtu: int
    prefixes: tuple[Prefix, ...]
    routes: tuple[RouteInformation, ...]
    resolvers: tuple[Resolvers, ...]
    search_lists: tuple[SearchList, ...]
    pref64: tuple[Pref64, ...]


def parse(frame: bytes) -> RouterAdvertisement | None:
    """An Ethernet frame as a router advertisement; ``None`` if it is anything else or cut off."""
    if len(frame) < ETHERNET_HEADER + IPV6_HEADER or frame[12:14] != ETHERTYPE_IPV6.to_bytes(2, "big"):
        return None
    packet = frame[ETHERNET_HEADER:]
    message = _icmpv6(packet)
    if message is None or len(message) < 16 or message[0] != ROUTER_ADVERTISEMENT:
        return None
    hop_limit, flags, lifetime, reachable, retransmit = struct.unpack_from("!BBHII", message, 4)
    options = list(_options(message[16:]))
    link_layer = [body for kind, body in options if kind == 1]
    mtus = [int.from_bytes(body[2:6], "big") for kind, body in options if kind == 5 and len(body) >= 6]
    return RouterAdvertisement(
        source=_address(packet[8:24]),
        destination=_address(packet[24:40]),
        source_mac=frame[6:12].hex(":"),
        hop_limit_of_packet=packet[7],
        hop_limit=hop_limit,
        managed=bool(flags & 0x80),
        other=bool(flags & 0x40),
        home_agent=bool(flags & 0x20),
        preference=PREFERENCES[flags >> 3 & 0b11],
        router_lifetime=lifetime,
        reachable_ms=reachable,
        retransmit_ms=retransmit,
        link_layer_address=link_layer[0][:6].hex(":") if link_layer else "",
        mtu=mtus[0] if mtus else 0,
        prefixes=tuple(_prefix(body) for kind, body in options if kind == 3 and len(body) >= 30),
        routes=tuple(_route(body) for kind, body in options if kind == 24 and len(body) >= 6),
        resolvers=tuple(_resolvers(body) for kind, body in options if kind == 25 and len(body) >= 22),
        search_lists=tuple(_search_list(body) for kind, body in options if kind == 31 and len(body) >= 6),
        pref64=tuple(_pref64(body) for kind, body in options if kind == 38 and len(body) >= 14),
    )


def _icmpv6(packet: bytes) -> bytes | None:
    """The ICMPv6 message in an IPv6 packet, behind any extension headers; ``None`` for a fragment (RFC 6980)."""
    length = int.from_bytes(packet[4:6], "big")
    following, rest = packet[6], packet[IPV6_HEADER : IPV6_HEADER + length]
    while following in EXTENSIONS and len(rest) >= 8:
        following, rest = rest[0], rest[(rest[1] + 1) * 8 :]
    return rest if following == ICMPV6 else None


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and body (what follows type and length) of each option; the length counts eight bytes, never 0."""
    while len(data) >= 8 and data[1] and data[1] * 8 <= len(data):
        yield data[0], data[2 : data[1] * 8]
        data = data[data[1] * 8 :]


def _prefix(body: bytes) -> Prefix:
    length, flags, valid, preferred = struct.unpack_from("!BBII", body)
    return Prefix(_network(body[14:30], length), bool(flags & 0x80), bool(flags & 0x40), valid, preferred)


def _route(body: bytes) -> RouteInformation:
    length, flags, lifetime = struct.unpack_from("!BBI", body)
    return RouteInformation(_network(body[6:22], length), PREFERENCES[flags >> 3 & 0b11], lifetime)


def _resolvers(body: bytes) -> Resolvers:
    (lifetime,) = struct.unpack_from("!2xI", body)
    rest = body[6:]
    return Resolvers(tuple(_address(rest[at : at + 16]) for at in range(0, len(rest) - 15, 16)), lifetime)


def _search_list(body: bytes) -> SearchList:
    (lifetime,) = struct.unpack_from("!2xI", body)
    names, labels, rest = [], [], body[6:]
    while rest:
        length, rest = rest[0], rest[1:]
        if length:
            labels.append(rest[:length].decode(errors="replace"))
        elif labels:  # an empty label ends a name; more of them are padding
            names.append(".".join(labels))
            labels = []
        rest = rest[length:]
    return SearchList(tuple(names), lifetime)


def _pref64(body: bytes) -> Pref64:
    """Thirteen bits of lifetime in units of eight seconds, three that stand for the prefix length."""
    (scaled,) = struct.unpack_from("!H", body)
    length = PREF64_LENGTHS.get(scaled & 0b111, 0)
    return Pref64(_network(body[2:14], length), (scaled >> 3) * 8)


def _network(address: bytes, length: int) -> str:
    """A prefix as it stands, bits behind its length included: a router that sets them is to be seen."""
    return f"{_address(address[:16].ljust(16, bytes(1)))}/{length}"


def _address(data: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET6, data)
