"""The plan as types: blocks, sites, LANs, links, loopbacks and stages, with ``ipaddress`` types inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from pathlib import Path
from typing import Literal

Family = Literal[4, 6]
FAMILIES: tuple[Family, Family] = (4, 6)
Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface

HostMode = Literal["static", "dynamic"]
RaMode = Literal["none", "slaac", "stateless", "stateful"]
"""How hosts of a LAN learn IPv6: not at all by RA, SLAAC alone, SLAAC and DHCPv6 for the rest (O=1), DHCPv6 (M=1)."""


@dataclass(frozen=True, slots=True)
class Block:
    """A prefix per family that somebody holds. ``announced`` blocks are the province's own, seen in BGP."""

    name: str
    title: str
    networks: Mapping[Family, Network]
    announced: bool = False


@dataclass(frozen=True, slots=True)
class Asn:
    """An autonomous system and the routers that speak BGP in it."""

    name: str
    number: int
    routers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A named state of the network; ``item`` is the line of the province's plan, titles in both languages."""

    name: str
    item: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Site:
    """A place: the ``index``-th /48 of its block. ``zone`` is dc, tslcd, agency, isp, world or level1."""

    name: str
    block: str
    index: int
    zone: str
    title: str
    network6: IPv6Network


@dataclass(frozen=True, slots=True)
class Span:
    """From which stage on (and until which, exclusively) something is there; an absent ``since`` means never."""

    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Lan:
    """A subnet with hosts. ``gateways`` and ``hosts`` map node → host number (``None``: the host asks for an address).

    ``later`` maps a family to the hosts that get it after their LAN: host → its first stage. The planned hosts of a LAN
    with ``dns64`` have IPv6 alone; if the LAN gets IPv4 all the same, it is for others (IPv6-mostly, RFC 8925).
    """

    name: str
    site: str
    index: int
    kind: str
    port: str
    title: str
    networks: Mapping[Family, Network]
    spans: Mapping[Family, Span]
    gateways: Mapping[str, int]
    hosts: Mapping[str, int | None]
    virtual: int | None = None
    ra: RaMode = "none"
    dns64: bool = False
    switch: str | None = None
    later: Mapping[Family, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanLink:
    """A router link: number ``number`` of ``pool``; ``a`` has the lower address. ``cost`` is OSPF's, ``ebgp`` marks a border."""

    pool: str
    number: int
    a: str
    b: str
    networks: Mapping[Family, Network]
    spans: Mapping[Family, Span]
    cost: int | None = None
    ebgp: bool = False


@dataclass(frozen=True, slots=True)
class Pool:
    """Where router links and loopbacks get their numbers from."""

    name: str
    site: str
    networks: Mapping[Family, Network]


@dataclass(frozen=True, slots=True)
class Loopback:
    """A router's own address in both families."""

    node: str
    pool: str
    addresses: Mapping[Family, Address]


@dataclass(frozen=True, slots=True)
class Nat64:
    """A translator: its network-specific prefix (RFC 6052 section 2.2), its private pool, what the Internet sees.

    ``resolvers`` gives host numbers of second addresses, under which resolvers synthesise for IPv6-only clients.
    """

    operator: str
    node: str
    prefix: IPv6Network
    pool: IPv4Network
    outside: IPv4Network | None
    resolvers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Service:
    """What the province offers on a node: ports, who may reach them, and the names that lead there."""

    name: str
    node: str
    tcp: tuple[int, ...]
    udp: tuple[int, ...]
    sources: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole plan. ``file`` is where it was read from; ``lines`` gives the line of a key path for messages."""

    file: Path
    domain: str
    keys: str
    blocks: Mapping[str, Block]
    asns: Mapping[str, Asn]
    stages: tuple[Stage, ...]
    sites: Mapping[str, Site]
    pools: Mapping[str, Pool]
    loopbacks: Mapping[str, Loopback]
    links: tuple[PlanLink, ...]
    lans: Mapping[str, Lan]
    nat64: Mapping[str, Nat64]
    nat44: Mapping[str, IPv4Network]
    services: tuple[Service, ...]
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)
    _order: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_order", tuple(stage.name for stage in self.stages))

    def stage_names(self) -> tuple[str, ...]:
        """The stages' names in order."""
        return self._order

    def own(self, family: Family) -> Network:
        """The province's block of a family: the one that is announced."""
        return next(block.networks[family] for block in self.blocks.values() if block.announced)
