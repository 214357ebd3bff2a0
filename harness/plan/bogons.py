"""What never belongs on the public Internet, as a border filters it.

The lab's own blocks are documentation space and so bogons themselves; the list is the production one less whatever the
plan uses, so that a rebased plan filters documentation space again.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from harness.plan.model import Family, Network, Plan

SPECIAL: dict[Family, tuple[str, ...]] = {
    4: (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    ),
    6: (
        "::/8",
        "100::/64",
        "2001::/32",
        "2001:2::/48",
        "2001:10::/28",
        "2001:db8::/32",
        "2002::/16",
        "3ffe::/16",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    ),
}
"""IANA's special-purpose registries (RFC 6890, RFC 9637) and RFC 7454 section 6.1.1."""

PUBLIC_BLOCKS = frozenset({"private", "level1"})
"""Blocks of the plan that stay bogons on the Internet although the plan uses them."""

LONGEST: dict[Family, int] = {4: 24, 6: 48}
"""The longest prefix that an ISP may send (RFC 7454 section 6.1.3)."""


def bogons(plan: Plan, family: Family) -> tuple[Network, ...]:
    """The bogons of a family, without those that hold an Internet block of the plan."""
    used = [
        block.networks[family]
        for name, block in plan.blocks.items()
        if family in block.networks and not (family == 4 and name in PUBLIC_BLOCKS)
    ]
    return tuple(
        network
        for network in (ip_network(text) for text in SPECIAL[family])
        if not any(_overlap(network, block) for block in used)
    )


def entries(plan: Plan, family: Family) -> tuple[str, ...]:
    """The inbound prefix list of a border: bogons, own space and too long ones denied, the rest permitted."""
    return tuple(_entries(plan, family))


def _entries(plan: Plan, family: Family) -> Iterator[str]:
    full = {4: 32, 6: 128}[family]
    everything = {4: "0.0.0.0/0", 6: "::/0"}[family]
    yield f"permit {everything}"
    for network in (*bogons(plan, family), plan.own(family)):
        yield f"deny {network} le {full}" if network.prefixlen < full else f"deny {network}"
    yield f"deny {everything} ge {LONGEST[family] + 1}"
    yield f"permit {everything} le {LONGEST[family]}"


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)
