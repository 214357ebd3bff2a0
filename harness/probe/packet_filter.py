"""Programs by which the kernel keeps packets from a capture (bpf(4), Linux socket filters): what the kernel passes on
costs a few microseconds of Python each, and a busy interface has tens of thousands a second. Pure."""

from __future__ import annotations

import struct
from collections.abc import Sequence

Line = tuple[int, int] | tuple[int, int, str, str]
"""What to do, with which number; a comparison has where to go on if it holds and if not (empty: with the next line)."""
Program = tuple[bytes, ...]
"""The lines as the kernel has them (``struct sock_filter``)."""

WORD_LENGTH, HALF, BYTE, HALF_BEHIND = 0x80, 0x28, 0x30, 0x48
"""Load the packet's length; the two bytes, or the one, at a place; the two at a place behind the header."""
HEADER, AND = 0xB1, 0x54
"""Note the length of the IPv4 header that begins at a place; keep some bits of what was loaded."""
EQUAL, GREATER, RETURN = 0x15, 0x25, 0x06
ALL = 0xFFFF
ACCEPT, DROP = "accept", "drop"
SHORT = 1024
"""Bytes: questions, answers and marked packets are shorter; what people send and fetch is mostly longer."""
TYPE, IPV4, IPV6 = 12, 0x0800, 0x86DD
TCP, ULA, ULA_BITS = 6, 0xFC, 0xFE


def short(longest: int = SHORT) -> Program:
    """Frames of so many bytes at most."""
    return _program((WORD_LENGTH, 0), (GREATER, longest, DROP, ACCEPT))


def tcp_ports(*ports: int) -> Program:
    """TCP from or to one of some ports, in either family (IPv6 without extension headers)."""
    return _program(
        (HALF, TYPE),
        (EQUAL, IPV6, "", "IPv4"),
        (BYTE, 20),
        (EQUAL, TCP, "", DROP),
        *_is_one_of(ports, (HALF, 54), (HALF, 56)),
        "IPv4",
        (EQUAL, IPV4, "", DROP),
        (BYTE, 23),
        (EQUAL, TCP, "", DROP),
        (HEADER, 14),
        *_is_one_of(ports, (HALF_BEHIND, 14), (HALF_BEHIND, 16)),
    )


def unique_local() -> Program:
    """IPv6 from or to fc00::/7 (RFC 4193)."""
    source, destination = ((BYTE, at) for at in (22, 38))
    return _program(
        (HALF, TYPE),
        (EQUAL, IPV6, "", DROP),
        *(source, (AND, ULA_BITS), (EQUAL, ULA, ACCEPT, "")),
        *(destination, (AND, ULA_BITS), (EQUAL, ULA, ACCEPT, DROP)),
    )


def _is_one_of(numbers: Sequence[int], *loads: Line) -> list[Line]:
    found: list[Line] = []
    for load in loads:
        found += [load, *((EQUAL, each, ACCEPT, "") for each in numbers)]
    return [*found, (EQUAL, ALL + 1, DROP, DROP)]


def _program(*parts: Line | str) -> Program:
    """The lines with their places worked out; a text names the place of the line after it."""
    places: dict[str, int] = {}
    lines: list[Line] = []
    for part in (*parts, ACCEPT, (RETURN, ALL), DROP, (RETURN, 0)):
        if isinstance(part, str):
            places[part] = len(lines)
        else:
            lines.append(part)
    return tuple(_line(number, each, places) for number, each in enumerate(lines))


def _line(number: int, line: Line, places: dict[str, int]) -> bytes:
    code, operand, *jumps = line
    skipped = [places[each] - number - 1 if each else 0 for each in jumps] or [0, 0]
    return struct.pack("=HBBI", code, *skipped, operand)
