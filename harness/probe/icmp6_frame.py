"""ICMPv6 messages as whole Ethernet frames, for what no kernel would send: pure, and quick where there are hundreds."""

from __future__ import annotations

import struct
from ipaddress import ip_address

from harness.probe.icmp_wire import checksum

ETHERTYPE = b"\x86\xdd"
ICMPV6 = 58
TYPE, TARGET = 54, slice(62, 78)
"""Where a frame without extension headers has the type of its message, and what neighbour discovery is about."""
DESTINATION, HOP_LIMIT = slice(38, 54), 21
SOURCE_LINK_LAYER = 1
"""The option with the sender's hardware address (RFC 4861 section 4.6.1)."""


def frame(macs: tuple[str, str], source: str, to: str, hop_limit: int, kind: int, body: bytes) -> bytes:
    """A message of type ``kind``, code 0, with ``body`` behind its checksum; ``macs`` are the sender's and the
    receiver's."""
    return _mac(macs[1]) + _mac(macs[0]) + ETHERTYPE + packet(source, to, hop_limit, (kind, 0), body)


def packet(source: str, to: str, hop_limit: int, kind: tuple[int, int], body: bytes) -> bytes:
    """A message from its IPv6 header on; ``kind`` is type and code."""
    ends = ip_address(source).packed + ip_address(to).packed
    message = struct.pack("!BBH", *kind, 0) + body
    total = checksum(ends + struct.pack("!II", len(message), ICMPV6) + message)  # RFC 8200 section 8.1
    head = struct.pack("!IHBB", 6 << 28, len(message), ICMPV6, hop_limit)
    return head + ends + message[:2] + struct.pack("!H", total) + message[4:]


def solicitation(mac: str, source: str, target: str, hop_limit: int) -> bytes:
    """A neighbour solicitation (RFC 4861 section 4.3) to the target's solicited-node group; from the unspecified
    address, as in duplicate address detection, without the sender's hardware address."""
    wanted = ip_address(target).packed
    group = str(ip_address(ip_address("ff02::1:ff00:0").packed[:13] + wanted[-3:]))
    option = b"" if source == "::" else bytes([SOURCE_LINK_LAYER, 1]) + _mac(mac)
    return frame((mac, "33:33:ff:" + wanted[-3:].hex(":")), source, group, hop_limit, 135, bytes(4) + wanted + option)


def is_message(data: bytes) -> bool:
    """Whether a frame is ICMPv6 without extension headers, long enough for neighbour discovery."""
    return data[12:14] == ETHERTYPE and len(data) >= TARGET.stop and data[20] == ICMPV6


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))
