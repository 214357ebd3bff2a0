"""Rules on numbers: hosts, gateways, links, loopbacks, resolvers; and that no address has two owners."""

from __future__ import annotations

from collections.abc import Iterator

from harness.plan import derive
from harness.plan.finding import Finding
from harness.plan.model import FAMILIES, Address, Lan, Network, Plan

LAST_VRRP_GROUP = 255
"""RFC 9568 section 5.2.3; a LAN's number is its group."""


def numbers(plan: Plan) -> Iterator[Finding]:
    """Numbers within a LAN are used once and lie inside it; so are those of links in their pool."""
    for lan in plan.lans.values():
        yield from _numbers_of(lan)
        yield from _gateways_of(lan)
    taken: dict[tuple[str, int], str] = {}
    for index, link in enumerate(plan.links):
        here = f"{link.a}–{link.b}"
        first = taken.setdefault((link.pool, link.number), here)
        if first != here:
            yield Finding(
                f"links[{index}].number", f"number {link.number} of pool {link.pool} is {first}'s", "use another"
            )


def _everyone(lan: Lan) -> list[tuple[str, int]]:
    found = [(f"gateways.{node}", number) for node, number in lan.gateways.items()]
    found += [(f"hosts.{node}", number) for node, number in lan.hosts.items() if number is not None]
    if lan.virtual is not None and len(lan.gateways) > 1:
        found.append(("virtual", lan.virtual))
    return found


def _is_host(network: Network, number: int) -> bool:
    address = derive.host_address(network, number)
    last = network.broadcast_address if network.version == 4 else None
    return address in network and address not in (network.network_address, last)


def _numbers_of(lan: Lan) -> Iterator[Finding]:
    seen: dict[int, str] = {}
    for key, number in _everyone(lan):
        if first := seen.get(number):
            yield Finding(
                f"lans.{lan.name}.{key}", f"host number {number} is {first.split('.')[-1]}'s already", "use another"
            )
        seen.setdefault(number, key)
        if outside := [str(network) for network in lan.networks.values() if not _is_host(network, number)]:
            yield Finding(
                f"lans.{lan.name}.{key}",
                f"host number {number} is no host of {' and '.join(outside)}",
                "use one inside",
            )


def _gateways_of(lan: Lan) -> Iterator[Finding]:
    if not lan.gateways:
        yield Finding(f"lans.{lan.name}.gateways", "no gateway", "name a router and its host number")
    if len(lan.gateways) > 1 and lan.virtual is None:
        yield Finding(f"lans.{lan.name}.gateways", "two gateways and no virtual address", "add `virtual:`")
    if lan.virtual is not None and not 1 <= lan.index <= LAST_VRRP_GROUP:
        yield Finding(
            f"lans.{lan.name}.index",
            f"{lan.index} is no VRRP group, which a LAN with a virtual address is numbered by",
            f"use a number from 1 to {LAST_VRRP_GROUP}",
        )


def one_owner(plan: Plan) -> Iterator[Finding]:
    """No address is two nodes': loopbacks and links, which share pools. (Numbers within a LAN are looked at there.)"""
    owners: dict[Address, str] = {}
    for index, link in enumerate(plan.links):
        for node in (link.a, link.b):
            for family in FAMILIES:
                owners.setdefault(derive.link_interface(link, node, family).ip, f"{node}'s on links[{index}]")
    for loopback in plan.loopbacks.values():
        key = f"loopbacks.{loopback.pool}.{loopback.node}"
        for family in FAMILIES:
            address = loopback.addresses[family]
            first = owners.setdefault(address, f"{loopback.node}'s loopback")
            if first != f"{loopback.node}'s loopback":
                yield Finding(key, f"{address} is {first} already", "use another number")
                break


def static_in_pool(plan: Plan) -> Iterator[Finding]:
    """A number typed in lies outside what DHCP hands out in its LAN: the upper half in IPv4, ::1:0 and up in IPv6."""
    for lan in plan.lans.values():
        if None not in lan.hosts.values():
            continue
        for key, number in _everyone(lan):
            for family, network in lan.networks.items():
                address = derive.host_address(network, number)
                pool = derive.pool4 if family == 4 else derive.pool6
                spans = [pool(lan, node) for node in lan.gateways] if family == 4 or lan.ra == "stateful" else []
                if any(int(first) <= int(address) <= int(last) for first, last in spans):
                    yield Finding(
                        f"lans.{lan.name}.{key}",
                        f"host number {number} is {address}, which DHCP hands out to others",
                        f"use a number below {network.num_addresses // 2 if family == 4 else 10000}",
                    )


def resolvers(plan: Plan) -> Iterator[Finding]:
    """A DNS64 resolver is a host of a LAN with IPv6, and its second number is nobody's there."""
    for operator, nat in plan.nat64.items():
        if nat.node not in derive.nodes(plan):
            yield Finding(f"nat64.{operator}.node", f"there is no node {nat.node!r}", "name a host or a router")
        given: dict[tuple[str, int], str] = {}
        for node, number in nat.resolvers.items():
            key = f"nat64.{operator}.resolvers.{node}"
            lan = derive.lan_of(plan, node)
            if lan is None:
                yield Finding(key, f"no LAN has a host {node!r}", "add it to a LAN")
                continue
            yield from _resolver(plan, key, lan, number)
            first = given.setdefault((lan.name, number), node)
            if first != node:
                yield Finding(key, f"host number {number} is {first}'s already", "use another")


def _resolver(plan: Plan, key: str, lan: Lan, number: int) -> Iterator[Finding]:
    network = lan.networks.get(6)
    if network is None:
        yield Finding(key, f"its LAN {lan.name} has no IPv6", "say since when the LAN has IPv6")
        return
    taken = {each: name for name, each in _everyone(lan)}
    if number in taken:
        yield Finding(key, f"host number {number} is {taken[number].split('.')[-1]}'s already", "use another")
    if not _is_host(network, number):
        yield Finding(key, f"host number {number} is no host of {network}", "use one inside")
