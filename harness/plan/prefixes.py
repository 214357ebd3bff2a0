"""Rules on prefixes: lengths, and that no two that stand beside each other overlap."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from harness.plan.finding import Finding
from harness.plan.model import FAMILIES, Network, Plan

LONGEST_ANNOUNCED4 = 24
"""The longest IPv4 prefix that others accept (RFC 7454 section 6.1.3)."""


def lengths(plan: Plan) -> Iterator[Finding]:
    """IPv6 blocks end at a nibble (RFC 6177 section 5), the announced IPv4 block at an octet: there reverse zones can
    be delegated. Private pools of translators lie in no block."""
    for block in plan.blocks.values():
        network = block.networks.get(6)
        if network is not None and network.prefixlen % 4:
            yield Finding(
                f"blocks.{block.name}.6",
                f"{network} does not end at a nibble: its reverse zone cannot be delegated",
                f"use a /{network.prefixlen // 4 * 4 + 4} of it, or the /{network.prefixlen // 4 * 4} around it",
            )
        if block.announced:
            yield from _announced4(f"blocks.{block.name}.4", block.networks.get(4))


def _announced4(key: str, network: Network | None) -> Iterator[Finding]:
    if network is None:
        yield Finding(key, "the province has no IPv4 block", "give it one: the migration begins with IPv4")
    elif network.prefixlen > LONGEST_ANNOUNCED4:
        yield Finding(
            key, f"{network} is longer than a /24: nobody accepts it in BGP (RFC 7454)", "announce a /24 or shorter"
        )
    elif network.prefixlen % 8:
        yield Finding(
            key,
            f"{network} does not end at an octet: it has no single reverse zone",
            f"use a /{network.prefixlen // 8 * 8 + 8} of it",
        )


def prefixes(plan: Plan) -> list[tuple[str, Network]]:
    """Every prefix that stands beside the others: LANs, pools, translators, NAT ranges."""
    found: list[tuple[str, Network]] = []
    for family in FAMILIES:
        found += [(f"lans.{lan.name}", lan.networks[family]) for lan in plan.lans.values() if family in lan.networks]
        found += [(f"pools.{pool.name}", pool.networks[family]) for pool in plan.pools.values()]
    found += [(f"nat64.{nat.operator}", nat.prefix) for nat in plan.nat64.values()]
    found += [(f"nat64.{nat.operator}", nat.outside) for nat in plan.nat64.values() if nat.outside]
    found += [(f"nat44.{node}", network) for node, network in plan.nat44.items()]
    return found


def overlaps(plan: Plan) -> Iterator[Finding]:
    """No two prefixes that stand beside each other overlap, nor do blocks, nor translators' private pools and blocks."""
    yield from _pairs(prefixes(plan), "give one of them another number or range")
    blocks: list[tuple[str, Network]] = [
        (f"blocks.{name}", network) for name, block in plan.blocks.items() for network in block.networks.values()
    ]
    yield from _pairs(blocks, "blocks must be apart")
    for nat in plan.nat64.values():
        for name, network in blocks:
            if nat.pool.version == network.version and nat.pool.overlaps(network):
                yield Finding(
                    f"nat64.{nat.operator}.pool",
                    f"{nat.pool} overlaps {network} of {name}",
                    "take a private range that nothing else uses",
                )


def _pairs(found: list[tuple[str, Network]], hint: str) -> Iterator[Finding]:
    for (one, a), (other, b) in combinations(found, 2):
        if a.version == b.version and a.overlaps(b):
            yield Finding(other, f"{b} overlaps {a} of {one}", hint)


def short_lans(plan: Plan) -> Iterator[Finding]:
    """Subnets with hosts are /64 (RFC 7421)."""
    for lan in plan.lans.values():
        network = lan.networks.get(6)
        if network is not None and network.prefixlen != 64:
            yield Finding(f"lans.{lan.name}", f"{network} is not a /64 (RFC 7421)", "give the LAN a /64")


def links(plan: Plan) -> Iterator[Finding]:
    """Router links are /127; of each, by RFC 6164 section 6: never the all-zero low half, never the highest 128 of the subnet."""
    for index, link in enumerate(plan.links):
        if link.networks[6].prefixlen != 127:
            yield Finding(f"links[{index}]", f"{link.networks[6]} is not a /127", "router links are /127 (RFC 6164)")
        for address in link.networks[6]:
            low = int(address) & ((1 << 64) - 1)
            if low == 0 or low >= (1 << 64) - 128:
                yield Finding(
                    f"links[{index}].number",
                    f"{address} may not be used on a router link (RFC 6164 section 6)",
                    "number links from 1",
                )
