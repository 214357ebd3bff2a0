"""Explicit families and numeric addresses: what is asked is what is sent, no name and no fallback."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from harness.history.seen import Family


def checked(family: Family, address: str) -> str:
    """``address`` in its canonical form, zone (``%eth1``) kept. Raises ``ValueError`` if it is no numeric address
    of ``family``: that is a mistake of the caller, never a measurement."""
    if family not in (4, 6):
        raise ValueError(f"family is 4 or 6, not {family!r}")
    parsed = ipaddress.ip_address(address)
    if parsed.version != family:
        raise ValueError(f"{address} is not an IPv{family} address")
    return str(parsed)


def socket_family(family: Family) -> socket.AddressFamily:
    """``AF_INET`` or ``AF_INET6``."""
    return socket.AF_INET6 if family == 6 else socket.AF_INET


def sockaddr(family: Family, address: str, port: int = 0) -> Any:
    """The address as the socket calls take it. A zone is looked up in the namespace of the calling thread, so call
    it inside the node; raises ``OSError`` if the node has no such interface."""
    if family == 4:
        return address, port
    host, _, zone = address.partition("%")
    return host, port, 0, int(zone) if zone.isdigit() else socket.if_nametoindex(zone) if zone else 0
