"""The province's names: its zones at a stage and which records they hold, forward and reverse, from the plan alone.

Forward and reverse records come from one list of named addresses, so a PTR always has its A or AAAA.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from harness.plan import derive
from harness.plan.model import FAMILIES, Address, Family, Network, Plan

INTERNAL = "noibo"
"""The subdomain that only the province's own networks may ask for."""

BITS_OF_LABEL: dict[Family, int] = {4: 8, 6: 4}
"""How much of an address one label of a reverse zone stands for: an octet (RFC 1035), a nibble (RFC 3596)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: ``name`` relative to the zone (``@`` for the apex)."""

    name: str
    type: Literal["A", "AAAA", "PTR"]
    data: str


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone that the province's name servers hold. ``origin`` without the last dot, ``file`` the stem of its file.

    ``internal`` zones are answered to the province's own networks only and are not signed: nothing outside points to
    them. ``network`` is the prefix whose reverse zone it is.
    """

    origin: str
    file: str
    internal: bool = False
    network: Network | None = None

    @property
    def signed(self) -> bool:
        """Whether the zone has a key and its parent a DS."""
        return not self.internal


def hosted(plan: Plan, stage: str) -> tuple[Zone, ...]:
    """The zones of the province at a stage. There is no IPv6 reverse zone before the province uses IPv6."""
    internal = f"{INTERNAL}.{plan.domain}"
    found = [Zone(plan.domain, "domain"), Zone(internal, "internal", internal=True)]
    found += [
        Zone(_aligned(plan.own(family)), f"reverse{family}", network=plan.own(family))
        for family in families(plan, stage)
    ]
    private = plan.blocks["private"].networks[4]
    found.append(Zone(derive.reverse_zone(private), "reverse-private", internal=True, network=private))
    return tuple(found)


def families(plan: Plan, stage: str) -> tuple[Family, ...]:
    """The families that any of the province's named addresses is in at a stage."""
    used = {address.version for _, address in _named(plan, stage)}
    return tuple(family for family in FAMILIES if family in used)


def networks(plan: Plan, stage: str) -> tuple[Network, ...]:
    """What counts as the province's own networks: its blocks in the families in use, and its private IPv4."""
    return (*(plan.own(family) for family in families(plan, stage)), plan.blocks["private"].networks[4])


def _aligned(network: Network) -> str:
    """The reverse zone of a prefix; ``ValueError`` where its length is none that a parent can delegate."""
    if network.prefixlen % BITS_OF_LABEL[6 if network.version == 6 else 4]:
        raise ValueError(f"{network} has no reverse zone of its own: its length must be a whole number of labels")
    return derive.reverse_zone(network)


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
    """The name that a node's PTR records say: below the internal subdomain where its IPv4 address is private."""
    network = _network4(plan, node)
    internal = network is not None and network.network_address not in plan.own(4)
    return f"{node}.{INTERNAL}.{plan.domain}" if internal else f"{node}.{plan.domain}"


def _network4(plan: Plan, node: str) -> Network | None:
    """The IPv4 network that a node is known in: that of its loopback, else of its LAN (also where IPv4 is off)."""
    if node in plan.loopbacks:
        return plan.pools[plan.loopbacks[node].pool].networks[4]
    lan = derive.lan_of(plan, node)
    return lan.networks.get(4) if lan else None


def servers(plan: Plan) -> tuple[str, ...]:
    """The province's static hosts: those that have names."""
    return tuple(
        host
        for lan in plan.lans.values()
        if derive.is_own(plan, lan.site)
        for host, number in lan.hosts.items()
        if number is not None
    )


def routers(plan: Plan) -> tuple[str, ...]:
    """The province's routers with a loopback: a trace through the network reads their names."""
    return tuple(
        node for node, loopback in plan.loopbacks.items() if derive.is_own(plan, plan.pools[loopback.pool].site)
    )


def _named(plan: Plan, stage: str) -> Iterator[tuple[str, Address]]:
    """Every canonical name with an address: servers, routers, and the resolvers' second addresses."""
    for node in (*servers(plan), *routers(plan)):
        for family in FAMILIES:
            address = derive.address(plan, node, family, stage)
            if address is not None:
                yield canonical(plan, node), address
    for node, interface in derive.dns64_resolvers(plan, stage).items():
        yield _full(plan, f"{node}-dns64"), interface.ip


def _aliases(plan: Plan, stage: str) -> Iterator[tuple[str, Address]]:
    """The names of services with the addresses of their servers: addresses and not CNAMEs, as the apex needs them."""
    for node in servers(plan):
        for name in names_of(plan, node)[1:]:
            for family in FAMILIES:
                address = derive.address(plan, node, family, stage)
                if address is not None:
                    yield name, address


def forward(plan: Plan, stage: str, origin: str) -> tuple[Record, ...]:
    """A and AAAA records of ``origin`` (the domain, or its internal subdomain)."""
    return tuple(
        Record(_relative(name, origin), "A" if address.version == 4 else "AAAA", str(address))
        for name, address in (*_named(plan, stage), *_aliases(plan, stage))
        if _holds(plan, origin, name)
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
        for name, address in _named(plan, stage)
        if address in network
    )
