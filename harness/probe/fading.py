"""What a host still holds of a network that has been taken back, and uses no more. Pure.

A router that leaves says so, and deprecates its prefix; more than that no network can do. An autoconfigured address goes
when its valid lifetime ends (RFC 4862 section 5.5.3 e and 5.5.4), a leased one with its lease (RFC 8415 has no way to
call it back but a Reconfigure that few hosts take), hours later.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from harness.probe.kernel import AddressState, RouteState

DEPRECATED, DYNAMIC = "deprecated", "dynamic"
ADVERTISED = "ra"
DEFAULT = ("default", "::/0")


def lasting(
    addresses: Sequence[AddressState], routes: Sequence[RouteState]
) -> tuple[tuple[AddressState, ...], tuple[RouteState, ...]]:
    """The addresses and routes that a node uses: without deprecated addresses, those that came from a network that has
    no router any more, and the links that only such addresses are on."""
    routed = any(each.family == 4 or each.destination in DEFAULT for each in routes)
    used = tuple(each for each in addresses if not _fading(each, routed))
    own = [ipaddress.ip_address(each.address) for each in used]
    return used, tuple(each for each in routes if not _only_theirs(each, own))


def _fading(address: AddressState, routed: bool) -> bool:
    return address.family == 6 and (DEPRECATED in address.flags or (DYNAMIC in address.flags and not routed))


def _only_theirs(route: RouteState, own: Sequence[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> bool:
    if route.protocol != ADVERTISED or any(hop.gateway for hop in route.next_hops):
        return False
    network = ipaddress.ip_network(route.destination)
    return not any(each in network for each in own)
