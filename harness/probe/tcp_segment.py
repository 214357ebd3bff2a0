"""TCP segments in captured frames: who sent them, with which TTL, and whether they carry a signature."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass

ETHERNET, TCP, MD5_OPTION = 14, 6, 19
"""RFC 2385 section 3.0: the kind of the option that holds the signature."""


@dataclass(frozen=True, slots=True)
class TcpSegment:
    """``ttl`` is the hop limit in IPv6."""

    source: str
    destination: str
    ports: tuple[int, int]
    ttl: int
    signed: bool


def parse(frame: bytes) -> TcpSegment | None:
    """The segment in an Ethernet frame; ``None`` if it holds none that is whole (IPv6 without extension headers)."""
    kind, packet = frame[12:ETHERNET], frame[ETHERNET:]
    if kind == b"\x08\x00" and len(packet) >= 40 and packet[9] == TCP:
        ends, ttl, segment = (packet[12:16], packet[16:20]), packet[8], packet[(packet[0] & 15) * 4 :]
    elif kind == b"\x86\xdd" and len(packet) >= 60 and packet[6] == TCP:
        ends, ttl, segment = (packet[8:24], packet[24:40]), packet[7], packet[40:]
    else:
        return None
    if len(segment) < 20:
        return None
    family = socket.AF_INET if len(ends[0]) == 4 else socket.AF_INET6
    source, destination = (socket.inet_ntop(family, each) for each in ends)
    ports = int.from_bytes(segment[:2], "big"), int.from_bytes(segment[2:4], "big")
    signed = MD5_OPTION in _options(segment[20 : (segment[12] >> 4) * 4])
    return TcpSegment(source, destination, ports, ttl, signed)


def _options(data: bytes) -> Iterator[int]:
    while data and data[0]:
        yield data[0]
        length = 1 if data[0] == 1 else data[1] if len(data) > 1 else 0
        if not length:
            return
        data = data[length:]
