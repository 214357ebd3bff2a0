"""The province's names: which records a zone holds at a stage, forward and reverse, from plan alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.plan import derive
from harness.plan.model import FAMILIES, Address, Family, Network, Plan

INTERNAL = "noibo"
"""The subdomain that only the province's own networks may ask for."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: ``name`` relative to the zone (``@`` for the apex)."""

    name: str
    type: str
    data: str


def names_of(plan: Plan, node: str) -> tuple[str, ...]:
    """The full names (no last dot) of a node: its canonical one first, then those of its services."""
    found = [canonical(plan, node)]
    for service in plan.services:
        if service.node == node:
            found += [_full(plan, name) for name in service.names]
    return tuple(dict.fromkeys(found))


def _full(plan: Plan, name: str) -> str:
    return f"{name}.{plan.domain}" if name else plan.domain


def canonical(plan: Plan, node: str) -> str:
    """The name that a node's PTR records say: below the internal subdomain for internal servers."""
    lan = _host_lan(plan, node)
    internal = lan is not None and not _public(plan, lan)
    return f"{node}.{INTERNAL}.{plan.domain}" if internal else f"{node}.{plan.domain}"


def _host_lan(plan: Plan, node: str) -> str | None:
    return next((lan.name for lan in plan.lans.values() if node in lan.hosts), None)


def _public(plan: Plan, lan: str) -> bool:
    """Whether a LAN's IPv4 is out of the announced block: its hosts may stand in the public zone."""
    network = plan.lans[lan].networks.get(4)
    own = plan.own(4)
    return network is not None and network.network_address in own


def published(plan: Plan, node: str, family: Family, stage: str) -> Address | None:
    """The address of a node that DNS publishes in a family at a stage."""
    return derive.address(plan, node, family, stage)


def servers(plan: Plan) -> tuple[str, ...]:
    """The province's static hosts: those that have names."""
    return tuple(
        host
        for lan in plan.lans.values()
        if plan.blocks[plan.sites[lan.site].block].announced
        for host, number in lan.hosts.items()
        if number is not None
    )


def forward(plan: Plan, stage: str, origin: str) -> tuple[Record, ...]:
    """A and AAAA records of ``origin`` (the domain, or its internal subdomain)."""
    return tuple(
        Record(_relative(name, origin), {4: "A", 6: "AAAA"}[family], str(address))
        for node in servers(plan)
        for name in names_of(plan, node)
        if _holds(plan, origin, name)
        for family in FAMILIES
        if (address := published(plan, node, family, stage)) is not None
    )


def _holds(plan: Plan, origin: str, name: str) -> bool:
    inner = f"{INTERNAL}.{plan.domain}"
    return name.endswith("." + inner) if origin == inner else not name.endswith("." + inner)


def _relative(name: str, origin: str) -> str:
    return "@" if name == origin else name.removesuffix("." + origin)


def reverse(plan: Plan, stage: str, network: Network) -> tuple[Record, ...]:
    """PTR records of everything static inside a prefix whose reverse zone it is."""
    zone = derive.reverse_zone(network)
    return tuple(
        Record(derive.pointer(address).removesuffix("." + zone), "PTR", name + ".")
        for address, name in _named(plan, stage)
        if address in network
    )


def _named(plan: Plan, stage: str) -> Iterator[tuple[Address, str]]:
    for node in servers(plan):
        for family in FAMILIES:
            address = published(plan, node, family, stage)
            if address is not None:
                yield address, canonical(plan, node)
    for node, loopback in plan.loopbacks.items():
        for family in FAMILIES:
            if derive.loopback_on(plan, node, family, stage):
                yield loopback.addresses[family], f"{node}.{plan.domain}"
