"""What a node answers on: its listening TCP sockets and its well-known UDP ports, as its kernel lists them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from pathlib import Path

from harness.errors import CannotMeasure
from harness.node import Node

TABLES = ("tcp", "tcp6", "udp", "udp6")
STATES = {"tcp": "0A", "udp": "07"}
"""TCP_LISTEN, and what the kernel shows for a UDP socket that is connected to nobody (include/net/tcp_states.h)."""
WELL_KNOWN = 1024
DHCP_PORTS = (67, 68)
"""Kea hears raw frames; besides it binds whichever addresses its interfaces have when it starts, VRRP's or not yet. A
client's socket is on the address that it was given."""
BFD_PORTS = (3784, 3785, 4784)
"""RFC 5881 section 4, RFC 5883 section 5. Other high UDP ports are somebody's who asks and is gone in a moment."""


def listening(node: Node) -> frozenset[str]:
    """Each socket as ``tcp6 [::]:80``. Raises ``CannotMeasure`` if the node is gone."""
    try:
        texts = {table: Path(f"/proc/{node.pid}/net/{table}").read_text(encoding="ascii") for table in TABLES}
    except OSError as error:
        raise CannotMeasure(f"the sockets of {node.name} cannot be read: {error}") from error
    return frozenset(line for table, text in texts.items() for line in lines(table, text))


def lines(table: str, text: str) -> Iterable[str]:
    """The sockets of one of the kernel's tables (``/proc/net/tcp`` …). Pure."""
    for row in text.splitlines()[1:]:
        _, local, _, state, *_ = row.split()
        address, port = local.split(":")
        if state == STATES[table[:3]] and (table.startswith("tcp") or _lasting(int(port, 16))):
            where = "any" if int(port, 16) in DHCP_PORTS else f"[{_address(address)}]"
            yield f"{table} {where}:{int(port, 16)}"


def _lasting(port: int) -> bool:
    return port < WELL_KNOWN or port in BFD_PORTS


def _address(text: str) -> str:
    """An address out of 32-bit words in the machine's order."""
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    packed = b"".join(struct.pack("=I", word) for word in words)
    return socket.inet_ntop(socket.AF_INET if len(words) == 1 else socket.AF_INET6, packed)
