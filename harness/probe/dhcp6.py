"""DHCPv6 (RFC 8415) between a client and whoever serves its link: questions as frames, answers as data. No sockets."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

SOLICIT, ADVERTISE, REPLY, INFORMATION_REQUEST = 1, 2, 7, 11
CLIENT_ID, IA_NA, IA_ADDR, OPTION_REQUEST, ELAPSED, DNS_SERVERS, DOMAIN_LIST = 1, 3, 5, 6, 8, 23, 24
CLIENT_PORT, SERVER_PORT = 546, 547
SERVERS, SERVERS_MAC = "ff02::1:2", "33:33:00:01:00:02"
"""All DHCP relay agents and servers, RFC 8415 section 7.1."""
ETHERNET, IPV6, UDP = 14, 40, 8


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's message: its kind, the transaction it answers, and whether it offers an address and resolvers."""

    kind: int
    transaction: bytes
    source: str
    addresses: int
    resolvers: int


def question(kind: int, transaction: bytes, source: str, mac: str) -> bytes:
    """A SOLICIT for one address, or an INFORMATION-REQUEST, as a frame from a link-local ``source``.

    ``transaction`` has three octets. The identity is ``mac`` alone (DUID-LL), so that no lease is anybody's.
    """
    from scapy.layers import inet
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import Ether
    from scapy.packet import Raw

    identity = struct.pack("!HH", 3, 1) + bytes.fromhex(mac.replace(":", ""))
    options = _option(CLIENT_ID, identity) + _option(ELAPSED, bytes(2))
    options += _option(OPTION_REQUEST, struct.pack("!HH", DNS_SERVERS, DOMAIN_LIST))
    if kind == SOLICIT:
        options += _option(IA_NA, transaction.rjust(4, b"\0") + bytes(8))
    message = bytes([kind]) + transaction + options
    packet = IPv6(src=source, dst=SERVERS, hlim=1) / inet.UDP(sport=CLIENT_PORT, dport=SERVER_PORT) / Raw(message)
    return bytes(Ether(src=mac, dst=SERVERS_MAC) / packet)


def _option(code: int, body: bytes) -> bytes:
    return struct.pack("!HH", code, len(body)) + body


def parse(frame: bytes) -> Reply | None:
    """An answer of a server to a client in an Ethernet frame; ``None`` if it is anything else or cut off."""
    if len(frame) < ETHERNET + IPV6 + UDP + 4 or frame[12:ETHERNET] != b"\x86\xdd" or frame[ETHERNET + 6] != 17:
        return None
    source = frame[ETHERNET + 8 : ETHERNET + 24]
    datagram = frame[ETHERNET + IPV6 :]
    if struct.unpack_from("!HH", datagram) != (SERVER_PORT, CLIENT_PORT):
        return None
    message = datagram[UDP : struct.unpack_from("!H", datagram, 4)[0]]
    if len(message) < 4 or message[0] not in (ADVERTISE, REPLY):
        return None
    options = list(_options(message[4:]))
    inner = [each for code, body in options if code == IA_NA for each in _options(body[12:])]
    return Reply(
        kind=message[0],
        transaction=message[1:4],
        source=source.hex(":", 2),
        addresses=sum(code == IA_ADDR for code, _ in inner),
        resolvers=sum(len(body) // 16 for code, body in options if code == DNS_SERVERS),
    )


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 4:
        code, length = struct.unpack_from("!HH", data)
        yield code, data[4 : 4 + length]
        data = data[4 + length :]
