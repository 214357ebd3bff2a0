"""What routers advertise when hosts ask: a router solicitation from each host, and the advertisement that its LAN hears."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.node import Node
from harness.probe import ra, route
from harness.probe.capture import Capture, Packet, mac_of, send_frame
from harness.probe.packet_filter import short
from harness.probe.ra import RouterAdvertisement
from harness.wait import Deadline

DEVICE = "eth1"
SOLICITED_SECONDS = 6.0
"""A router may hold a multicast answer back for 3.5 (RFC 4861 section 6.2.6)."""


def solicitation(source: str, mac: str) -> bytes:
    """A router solicitation (RFC 4861 section 4.1) as a frame."""
    from scapy.layers.inet6 import ICMPv6ND_RS, IPv6
    from scapy.layers.l2 import Ether

    return bytes(Ether(src=mac, dst="33:33:00:00:00:02") / IPv6(src=source, dst="ff02::2", hlim=255) / ICMPv6ND_RS())


def advertisements(history: History, hosts: Sequence[Node]) -> dict[str, RouterAdvertisement | None]:
    """Host → the advertisement that its LAN hears after a solicitation, ``None`` if there is none.

    Raises ``CannotMeasure`` for a host without a link-local address.
    """
    places = [(host, DEVICE) for host in hosts]
    with Capture(history, places, lambda frame: ra.parse(frame) is not None, passes=short()) as capture:
        for host in hosts:
            send_frame(history, host, DEVICE, solicitation(link_local(host, DEVICE), mac_of(host, DEVICE)))
        deadline = Deadline.after(SOLICITED_SECONDS)
        found = {}
        for host in hosts:
            packet = capture.wait_for(partial(_heard, host.name), deadline)
            found[host.name] = ra.parse(packet.data) if packet else None
    return found


def _heard(host: str, packet: Packet) -> bool:
    return packet.node == host and not packet.outgoing


def link_local(host: Node, device: str) -> str:
    """A host's own address on a link. Raises ``CannotMeasure`` if it has none to ask from."""
    held = (each.address for each in route.addresses(None, host, 6) if each.device == device)
    local = next((each for each in held if each.startswith("fe80:")), None)
    if local is None:
        raise CannotMeasure(f"{host.name} has no link-local address on {device} to ask from")
    return local
