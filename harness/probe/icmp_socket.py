"""Raw ICMP sockets: how an echo leaves (hop limit, fragmentation) and which messages are heard."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from harness.history.seen import Family
from harness.node import Node
from harness.probe.address import sockaddr, socket_family
from harness.probe.namespace import open_in

IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, IPV6_DONTFRAG, IP_MTU, IPV6_MTU, IPV6_HOPLIMIT = 10, 23, 62, 14, 24, 52
IPV6_RECVHOPLIMIT = 51
PMTUDISC_DONT, PMTUDISC_DO, PMTUDISC_PROBE = 0, 2, 3
ICMP_FILTER, SOL_RAW, ICMP6_FILTER = 1, 255, 1
WANTED_TYPES: dict[Family, tuple[int, ...]] = {4: (0, 3, 11, 12), 6: (1, 2, 3, 4, 129)}
RECEIVE_BUFFER = 4 << 20
SO_RCVBUFFORCE = 33


@dataclass(frozen=True, slots=True)
class EchoOptions:
    """``size`` is the data behind the ICMP header (1472 and 1452 fill 1500 bytes in IPv4 and IPv6).

    ``dont_fragment``: nobody may fragment, also not the sender. ``ignore_known_mtu``: as that, but sent whatever
    path MTU the node has learnt before, so that a router has to say it again. ``source`` is the node's address to ask
    from; empty leaves it to the kernel.
    """

    size: int = 56
    hop_limit: int = 64
    dont_fragment: bool = False
    ignore_known_mtu: bool = False
    source: str = ""

    @property
    def whole(self) -> bool:
        """Whether the packet must not be fragmented by anybody."""
        return self.dont_fragment or self.ignore_known_mtu


def hop_limit_control(family: Family, limit: int) -> tuple[int, int, bytes]:
    """The control message that gives one packet its hop limit."""
    level, kind = (socket.IPPROTO_IP, socket.IP_TTL) if family == 4 else (socket.IPPROTO_IPV6, IPV6_HOPLIMIT)
    return level, kind, struct.pack("=i", limit)


def open_icmp(family: Family, options: EchoOptions) -> socket.socket:
    """A raw socket that hears echo replies and ICMP errors only; call it inside the node."""
    protocol = socket.IPPROTO_ICMP if family == 4 else socket.IPPROTO_ICMPV6
    sock = socket.socket(socket_family(family), socket.SOCK_RAW | socket.SOCK_NONBLOCK, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
        discover = PMTUDISC_PROBE if options.ignore_known_mtu else PMTUDISC_DO if options.whole else PMTUDISC_DONT
        if family == 4:
            blocked = ~sum(1 << kind for kind in WANTED_TYPES[4]) & 0xFFFFFFFF
            sock.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("=I", blocked))
            sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, discover)
        else:
            sock.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, icmp6_filter())
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, discover)
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_DONTFRAG, int(options.whole))
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1)
        if options.source:
            sock.bind(sockaddr(family, options.source))
    except OSError:
        sock.close()
        raise
    return sock


def icmp6_filter() -> bytes:
    """RFC 3542 §3.2, as Linux has it: a set bit blocks its type."""
    words = [0xFFFFFFFF] * 8
    for kind in WANTED_TYPES[6]:
        words[kind >> 5] &= ~(1 << (kind & 31))
    return struct.pack("=8I", *words)


def hop_limit_of(ancillary: Sequence[tuple[int, int, bytes]]) -> int:
    """The hop limit that an ICMPv6 message came with, 0 if unknown."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.IPPROTO_IPV6, IPV6_HOPLIMIT):
            return int(struct.unpack_from("=i", data)[0])
    return 0


def known_mtu(node: Node, family: Family, address: str) -> int:
    """The path MTU that the node's kernel holds for the address."""

    def look() -> int:
        with socket.socket(socket_family(family), socket.SOCK_DGRAM) as sock:
            sock.connect(sockaddr(family, address, 9))
            return sock.getsockopt(*((socket.IPPROTO_IP, IP_MTU) if family == 4 else (socket.IPPROTO_IPV6, IPV6_MTU)))

    return open_in(node, look)
