"""ICMP echo messages as bytes, and what an ICMP message says about them: no sockets here."""

from __future__ import annotations

import struct

from harness.history.seen import Family

ECHO_REQUEST: dict[Family, int] = {4: 8, 6: 128}
ECHO_REPLY: dict[Family, int] = {4: 0, 6: 129}
HEADER = struct.Struct("!BBHHH")
"""Type, code, checksum, identifier, sequence number: RFC 792, RFC 4443 §4.1."""

IPV6_HEADER, IPV6_FRAGMENT = 40, 44
ICMP_PROTOCOL: dict[Family, int] = {4: 1, 6: 58}


def checksum(data: bytes) -> int:
    """The Internet checksum, RFC 1071."""
    padded = data + b"\0" if len(data) % 2 else data
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo_request(family: Family, identifier: int, sequence: int, size: int) -> bytes:
    """An echo request with ``size`` bytes of data. The kernel fills in the checksum of ICMPv6."""
    body = bytes(index & 0xFF for index in range(size))
    message = HEADER.pack(ECHO_REQUEST[family], 0, 0, identifier, sequence) + body
    if family == 6:
        return message
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def strip_ipv4(packet: bytes) -> tuple[bytes, int]:
    """The message behind an IPv4 header and the header's time to live; a raw IPv4 socket gives both."""
    return packet[(packet[0] & 0x0F) * 4 :], packet[8]


def echo_of_reply(family: Family, message: bytes) -> tuple[int, int] | None:
    """Identifier and sequence number of an echo reply, ``None`` for any other message."""
    if len(message) < HEADER.size or message[0] != ECHO_REPLY[family]:
        return None
    _, _, _, identifier, sequence = HEADER.unpack_from(message)
    return identifier, sequence


def echo_of_inner(family: Family, inner: bytes) -> tuple[int, int] | None:
    """Identifier and sequence number of the echo request that an ICMP error is about.

    ``inner`` begins with the IP header of that request; ``None`` if it was no echo request or is cut off.
    """
    payload = transport_of_inner(family, inner, ICMP_PROTOCOL[family])
    if payload is None or len(payload) < HEADER.size or payload[0] != ECHO_REQUEST[family]:
        return None
    _, _, _, identifier, sequence = HEADER.unpack_from(payload)
    return identifier, sequence


def transport_of_inner(family: Family, inner: bytes, protocol: int) -> bytes | None:
    """The transport header behind the IP header at the start of ``inner`` if it is one of ``protocol``."""
    if family == 4:
        if len(inner) < 20 or inner[9] != protocol:
            return None
        return inner[(inner[0] & 0x0F) * 4 :]
    if len(inner) < IPV6_HEADER:
        return None
    if inner[6] == IPV6_FRAGMENT:  # RFC 8200 §4.5: eight bytes, the first names what follows
        return inner[IPV6_HEADER + 8 :] if inner[IPV6_HEADER : IPV6_HEADER + 1] == bytes([protocol]) else None
    return inner[IPV6_HEADER:] if inner[6] == protocol else None
