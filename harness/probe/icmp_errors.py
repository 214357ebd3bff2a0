"""Who said that a packet cannot be delivered, and why: ICMP errors on the wire and in a socket's error queue."""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.history.seen import Family

IP_RECVERR, IPV6_RECVERR = 11, 25
ORIGIN_LOCAL, ORIGIN_ICMP, ORIGIN_ICMP6 = 1, 2, 3
EXTENDED_ERROR = struct.Struct("=IBBBxII")
"""``struct sock_extended_err``: errno, origin, type, code, info (a path MTU), data; the offender's sockaddr follows."""

NAMES: dict[tuple[Family, int], str] = {
    (4, 3): "destination unreachable",
    (4, 11): "time exceeded",
    (4, 12): "parameter problem",
    (6, 1): "destination unreachable",
    (6, 2): "packet too big",
    (6, 3): "time exceeded",
    (6, 4): "parameter problem",
}
"""ICMP errors, RFC 792 and RFC 4443 §3."""

REASONS: dict[tuple[Family, int, int], str] = {
    (4, 3, 0): "network unreachable",
    (4, 3, 1): "host unreachable",
    (4, 3, 2): "protocol unreachable",
    (4, 3, 3): "port unreachable",
    (4, 3, 4): "packet too big",
    (4, 3, 9): "network prohibited",
    (4, 3, 10): "host prohibited",
    (4, 3, 13): "administratively prohibited",
    (4, 11, 0): "hop limit exceeded",
    (4, 11, 1): "reassembly time exceeded",
    (6, 1, 0): "no route",
    (6, 1, 1): "administratively prohibited",
    (6, 1, 2): "beyond scope of source",
    (6, 1, 3): "address unreachable",
    (6, 1, 4): "port unreachable",
    (6, 1, 5): "source address failed policy",
    (6, 1, 6): "reject route",
    (6, 2, 0): "packet too big",
    (6, 3, 0): "hop limit exceeded",
    (6, 3, 1): "reassembly time exceeded",
}
"""Type and code in words, RFC 792, RFC 1812 §5.2.7.1, RFC 4443 §3."""

PORT_UNREACHABLE: frozenset[tuple[Family, int, int]] = frozenset({(4, 3, 3), (6, 1, 4)})


@dataclass(frozen=True, slots=True)
class IcmpError:
    """An ICMP error. ``by`` is the address that sent it, ``mtu`` the one it reports (0: none).

    ``inner`` is the beginning of the packet that it is about, from its IP header (empty from an error queue).
    """

    family: Family
    by: str
    type: int
    code: int
    mtu: int = 0
    inner: bytes = b""

    @property
    def reason(self) -> str:
        """The error in words."""
        name = NAMES.get((self.family, self.type), f"ICMP type {self.type}")
        return REASONS.get((self.family, self.type, self.code), f"{name}, code {self.code}")

    @property
    def data(self) -> dict[str, Any]:
        """The error as the data of a measurement."""
        said = {"reason": self.reason, "icmp_type": self.type, "icmp_code": self.code}
        return said | {"mtu": self.mtu} if self.mtu else said


@dataclass(frozen=True, slots=True)
class LocalError:
    """The node's own kernel refused to send: no route, no source address, a packet larger than the path's MTU."""

    number: int
    mtu: int = 0

    @property
    def data(self) -> dict[str, Any]:
        """The error as the data of a measurement."""
        said: dict[str, Any] = {"reason": local_reason(self.number), "errno": errno.errorcode.get(self.number, "?")}
        return said | {"mtu": self.mtu} if self.mtu else said


def local_reason(number: int) -> str:
    """What an errno of the own kernel means for somebody who wanted to send."""
    words = {
        errno.ENETUNREACH: "no route in the node itself",
        errno.EHOSTUNREACH: "no neighbour or an unreachable route in the node itself",
        errno.EADDRNOTAVAIL: "no source address of this family in the node itself",
        errno.EMSGSIZE: "packet larger than the path MTU the node knows",
        errno.EACCES: "prohibited in the node itself",
        errno.EPERM: "dropped by the node's own filter",
        errno.EINVAL: "blackhole route in the node itself",
        errno.ENETDOWN: "interface down in the node itself",
    }
    return words.get(number, os.strerror(number))


def listen_for_errors(sock: socket.socket, family: Family) -> None:
    """Have ICMP errors queued on ``sock`` with the address of who sent them."""
    if family == 4:
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)


def take_error(sock: socket.socket) -> IcmpError | LocalError | None:
    """The next error in the queue of ``sock``, ``None`` if there is none."""
    try:
        _, ancillary, _, _ = sock.recvmsg(2048, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
    except OSError:  # an empty queue; a pending socket error is read by whoever asks for it
        return None
    return parse_ancillary(ancillary)


def parse_ancillary(ancillary: Sequence[tuple[int, int, bytes]]) -> IcmpError | LocalError | None:
    """The error in the control messages of a read with ``MSG_ERRQUEUE``."""
    for level, kind, data in ancillary:
        if (level, kind) in ((socket.IPPROTO_IP, IP_RECVERR), (socket.IPPROTO_IPV6, IPV6_RECVERR)):
            return parse_extended_error(data)
    return None


def parse_extended_error(data: bytes) -> IcmpError | LocalError:
    """``struct sock_extended_err`` and the offender's address behind it."""
    number, origin, kind, code, info, _ = EXTENDED_ERROR.unpack_from(data)
    if origin == ORIGIN_ICMP:
        by = socket.inet_ntop(socket.AF_INET, data[20:24])
        return IcmpError(4, by, kind, code, info if (kind, code) == (3, 4) else 0)
    if origin == ORIGIN_ICMP6:
        by = socket.inet_ntop(socket.AF_INET6, data[24:40])
        return IcmpError(6, by, kind, code, info if kind == 2 else 0)
    return LocalError(number, info if number == errno.EMSGSIZE else 0)


def parse_icmp_error(family: Family, by: str, message: bytes) -> IcmpError | None:
    """An ICMP message (from its type on) as an error; ``None`` if it is another kind of message or cut off."""
    if len(message) < 8 or (family, message[0]) not in NAMES:
        return None
    kind, code = message[0], message[1]
    if family == 4:
        mtu = int.from_bytes(message[6:8], "big") if (kind, code) == (3, 4) else 0  # RFC 1191 §4
    else:
        mtu = int.from_bytes(message[4:8], "big") if kind == 2 else 0  # RFC 4443 §3.2
    return IcmpError(family, by, kind, code, mtu, message[8:])
