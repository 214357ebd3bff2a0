"""BGP messages (RFC 4271) as bytes, as far as a speaker needs them that announces a prefix and hears others."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_network

from harness.history.seen import Family
from harness.probe.address import socket_family

OPEN, UPDATE, NOTIFICATION, KEEPALIVE = 1, 2, 3, 4
MARKER = b"\xff" * 16
HEADER = 19
LONGEST = 4096
"""RFC 4271 section 4.1: nothing is longer unless both have said so."""
AS_TRANS = 23456
"""RFC 6793 section 9: stands where a number of four octets has no room."""
AFI: dict[Family, int] = {4: 1, 6: 2}
UNICAST = 1
MP_REACH, MP_UNREACH = 14, 15


def message(kind: int, body: bytes = b"") -> bytes:
    """A whole message."""
    return MARKER + (HEADER + len(body)).to_bytes(2, "big") + bytes([kind]) + body


def open_message(number: int, hold: int, router_id: str, family: Family) -> bytes:
    """An OPEN of AS ``number`` with a hold time in seconds, for one family, with AS numbers of four octets.

    It asks for the End-of-RIB marker, and for no graceful restart (RFC 4724 section 3).
    """
    multiprotocol = bytes([1, 4]) + AFI[family].to_bytes(2, "big") + bytes([0, UNICAST])
    capabilities = multiprotocol + bytes([65, 4]) + number.to_bytes(4, "big")
    capabilities += bytes([64, 2, 0, 0])
    short = number if number < 1 << 16 else AS_TRANS
    head = bytes([4]) + short.to_bytes(2, "big") + hold.to_bytes(2, "big") + socket.inet_aton(router_id)
    return message(OPEN, head + bytes([len(capabilities) + 2, 2, len(capabilities)]) + capabilities)


def announcement(family: Family, prefix: str, number: int, next_hop: str) -> bytes:
    """An UPDATE that tells of ``prefix`` with AS ``number`` (four octets) as its whole path."""
    path = bytes([2, 1]) + number.to_bytes(4, "big")
    attributes = _attribute(1, b"\0") + _attribute(2, path)
    hop = socket.inet_pton(socket_family(family), next_hop)
    if family == 4:
        attributes += _attribute(3, hop)
        return message(UPDATE, bytes(2) + len(attributes).to_bytes(2, "big") + attributes + _packed(prefix))
    reach = AFI[6].to_bytes(2, "big") + bytes([UNICAST, len(hop)]) + hop + b"\0" + _packed(prefix)
    attributes += _attribute(MP_REACH, reach, 0x80)
    return message(UPDATE, bytes(2) + len(attributes).to_bytes(2, "big") + attributes)


def _attribute(kind: int, value: bytes, flags: int = 0x40) -> bytes:
    return bytes([flags, kind, len(value)]) + value


def _packed(prefix: str) -> bytes:
    network = ip_network(prefix)
    return bytes([network.prefixlen]) + network.network_address.packed[: (network.prefixlen + 7) // 8]


def split(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The whole messages at the head of a stream as (kind, body), and what is left. Raises ``ValueError`` for what
    is no BGP."""
    found = []
    while len(data) >= HEADER:
        length = int.from_bytes(data[16:18], "big")
        if data[:16] != MARKER or not HEADER <= length <= LONGEST:
            raise ValueError("the peer does not speak BGP")
        if len(data) < length:
            break
        found.append((data[18], data[HEADER:length]))
        data = data[length:]
    return found, data


def heard(body: bytes) -> tuple[set[str], set[str]]:
    """What the body of an UPDATE announces and withdraws, in either family. Raises ``ValueError`` if it is cut off."""
    withdrawn_end = 2 + int.from_bytes(body[:2], "big")
    attributes_end = withdrawn_end + 2 + int.from_bytes(body[withdrawn_end : withdrawn_end + 2], "big")
    if attributes_end > len(body):
        raise ValueError("an UPDATE is cut off")
    withdrawn = set(_prefixes(4, body[2:withdrawn_end]))
    announced = set(_prefixes(4, body[attributes_end:]))
    for kind, value in _attributes(body[withdrawn_end + 2 : attributes_end]):
        family: Family = 6 if value[:2] == AFI[6].to_bytes(2, "big") else 4
        if kind == MP_REACH:
            announced |= set(_prefixes(family, value[5 + value[3] :]))
        elif kind == MP_UNREACH:
            withdrawn |= set(_prefixes(family, value[3:]))
    return announced, withdrawn


def is_end_of_rib(body: bytes) -> bool:
    """Whether the body of an UPDATE says that all has been told (RFC 4724 section 2)."""
    if body == bytes(4):
        return True
    return body[:2] == bytes(2) and list(_attributes(body[4:])) == [(MP_UNREACH, AFI[6].to_bytes(2, "big") + b"\1")]


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 3:
        wide = bool(data[0] & 0x10)  # RFC 4271 section 4.3: the length has two octets
        start = 4 if wide else 3
        length = int.from_bytes(data[2:start], "big")
        yield data[1], data[start : start + length]
        data = data[start + length :]


def _prefixes(family: Family, data: bytes) -> Iterator[str]:
    size = {4: 4, 6: 16}[family]
    while data:
        length = (data[0] + 7) // 8
        if length > size or len(data) <= length:
            raise ValueError("a prefix is cut off")
        address = socket.inet_ntop(socket_family(family), data[1 : 1 + length].ljust(size, b"\0"))
        yield f"{address}/{data[0]}"
        data = data[1 + length :]


def reason(body: bytes) -> str:
    """A NOTIFICATION as ``code/subcode`` (RFC 4271 section 4.5)."""
    return "/".join(map(str, body[:2]))
