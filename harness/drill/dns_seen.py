"""Questions and answers of DNS on the wire: to which server, from which, in frames as a capture has them. Pure."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass

ETHERNET = 14
ETHERTYPE_IPV4, ETHERTYPE_IPV6 = 0x0800, 0x86DD
TCP, UDP = 6, 17
PORT = 53


@dataclass(frozen=True, slots=True)
class Passed:
    """A packet to ``server`` (a question, or a part of one), or from it."""

    server: str
    question: bool


def passed(frame: bytes) -> Passed | None:
    """What an Ethernet frame is to or from port 53, by UDP or TCP; ``None`` if it is neither, or too short."""
    try:
        return _read(frame)
    except (struct.error, ValueError):
        return None


def _read(frame: bytes) -> Passed | None:
    (kind,) = struct.unpack_from("!H", frame, ETHERNET - 2)
    if kind == ETHERTYPE_IPV4:
        protocol, source, target = frame[ETHERNET + 9], *struct.unpack_from("4s4s", frame, ETHERNET + 12)
        ports = ETHERNET + 4 * (frame[ETHERNET] & 0x0F)
    elif kind == ETHERTYPE_IPV6:
        protocol, source, target = frame[ETHERNET + 6], *struct.unpack_from("16s16s", frame, ETHERNET + 8)
        ports = ETHERNET + 40
    else:
        return None
    if protocol not in (TCP, UDP):
        return None
    source_port, target_port = struct.unpack_from("!HH", frame, ports)
    if target_port == PORT:
        return Passed(str(ipaddress.ip_address(target)), question=True)
    return Passed(str(ipaddress.ip_address(source)), question=False) if source_port == PORT else None
