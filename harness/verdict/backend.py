"""Judges of what stands behind a service: it is listened for in IPv6, and the hops behind it use IPv6."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ipaddress import ip_address

from harness.history.seen import Family
from harness.verdict.verdict import Finding


def listens(where: str, wanted: Collection[str], sockets: Collection[str], address: str) -> tuple[Finding, ...]:
    """Each of ``wanted`` (``tcp 443``) is heard in IPv6: on every address, or on the host's own (``address``).
    ``sockets`` are the kernel's, as ``tcp6 [::]:443``."""
    heard = {(table, ip_address(place.strip("[]")), port) for table, place, port in map(_split, sockets) if place}
    own = (ip_address("::"), ip_address(address))
    return tuple(
        Finding(where, f"{each} is not listened for in IPv6", f"[::] or {address}")
        for each in wanted
        if not any((f"{each.split()[0]}6", place, each.split()[1]) in heard for place in own)
    )


def _split(socket: str) -> tuple[str, str, str]:
    """Table, address and port; no address where the kernel's own is not shown."""
    table, _, place = socket.partition(" ")
    address, _, port = place.rpartition(":")
    return table, address if address.startswith("[") else "", port


def over_ipv6(where: str, packets: Mapping[Family, int]) -> tuple[Finding, ...]:
    """What passed a hop was IPv6 alone (RFC 6724 prefers it wherever both ends have it), and not nothing."""
    if packets.get(4):
        return (Finding(where, f"{packets[4]} packets of IPv4", "IPv6, which both ends have"),)
    return () if packets.get(6) else (Finding(where, "nothing passed", "connections over IPv6"),)
