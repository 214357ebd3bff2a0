"""UDP datagrams as whole Ethernet frames, with addresses that no kernel would send from or to: pure."""

from __future__ import annotations

import struct
from ipaddress import ip_address

from harness.probe.icmp_wire import checksum

UDP, HOP_LIMIT = 17, 64
ETHERTYPE = {4: b"\x08\x00", 6: b"\x86\xdd"}


def datagram(macs: tuple[str, str], source: str, to: str, ports: tuple[int, int], payload: bytes) -> bytes:
    """A datagram; ``macs``, addresses (of one family) and ``ports`` are the sender's and the receiver's."""
    link = b"".join(bytes.fromhex(each.replace(":", "")) for each in (macs[1], macs[0]))
    return link + ETHERTYPE[ip_address(source).version] + packet(source, to, ports, payload)


def packet(source: str, to: str, ports: tuple[int, int], payload: bytes) -> bytes:
    """A datagram from its IP header on."""
    ends = ip_address(source).packed + ip_address(to).packed
    length = 8 + len(payload)
    head = struct.pack("!HHHH", *ports, length, 0)
    total = checksum(ends + struct.pack("!HH", UDP, length) + head + payload)  # RFC 768, RFC 8200 section 8.1
    message = head[:6] + struct.pack("!H", total or 0xFFFF) + payload
    if ip_address(source).version == 6:
        return struct.pack("!IHBB", 6 << 28, length, UDP, HOP_LIMIT) + ends + message
    begin = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, HOP_LIMIT, UDP, 0)
    begin = begin[:10] + struct.pack("!H", checksum(begin + ends))
    return begin + ends + message
