"""What follows from the plan: which family is on where, and every address. Family is an argument, never part of a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Literal

from harness.plan.model import FAMILIES, Address, Family, Interface, Lan, Nat64, Network, Plan, PlanLink, Span

PortKind = Literal["link", "gateway", "host"]


@dataclass(frozen=True, slots=True)
class Port:
    """One interface of a node at a stage. ``addresses`` holds the families that are on; a dynamic host has none there."""

    node: str
    name: str
    kind: PortKind
    families: tuple[Family, ...]
    addresses: dict[Family, Interface]
    lan: Lan | None = None
    link: PlanLink | None = None
    peer: str | None = None

    @property
    def cost(self) -> int | None:
        """OSPF cost; ``None`` where OSPF does not run."""
        return self.link.cost if self.link else None


def on(plan: Plan, span: Span | None, stage: str) -> bool:
    """Whether ``stage`` lies in the span."""
    if span is None or span.since is None:
        return False
    order = plan.stage_names()
    now = order.index(stage)
    return order.index(span.since) <= now and (span.until is None or now < order.index(span.until))


def families(plan: Plan, thing: Lan | PlanLink, stage: str) -> tuple[Family, ...]:
    """The families that are on in a LAN or on a link at a stage."""
    return tuple(family for family in FAMILIES if on(plan, thing.spans.get(family), stage))


def host_families(plan: Plan, lan: Lan, host: str, stage: str) -> tuple[Family, ...]:
    """The families that a host of a LAN has at a stage: those of the LAN that are not ``later`` for this host.

    A planned host that asks for its address in a LAN with ``dns64`` does without the IPv4 that may be there for others.
    """
    order = plan.stage_names()
    found = tuple(
        family
        for family in families(plan, lan, stage)
        if order.index(lan.later.get(family, {}).get(host, order[0])) <= order.index(stage)
    )
    alone = lan.dns64 and 6 in found and host in lan.hosts and lan.hosts[host] is None
    return (6,) if alone else found


def lan_of(plan: Plan, host: str) -> Lan | None:
    """The LAN that a node is a host of; ``None`` for a node that is no host."""
    return next((lan for lan in plan.lans.values() if host in lan.hosts), None)


def families_of(plan: Plan, node: str, stage: str) -> tuple[Family, ...]:
    """The families that a node has as a host of its LAN; none for a node that is no host."""
    lan = lan_of(plan, node)
    return host_families(plan, lan, node, stage) if lan else ()


def host_address(network: Network, number: int) -> Address:
    """Host number ``number`` of a LAN: .31 in IPv4 and ::31 in IPv6 (the digits as they are read)."""
    if isinstance(network, IPv6Network):
        return network.network_address + int(str(number), 16)
    return network.network_address + number


def host_interface(network: Network, number: int) -> Interface:
    """The same with the LAN's prefix length."""
    return _with_length(host_address(network, number), network.prefixlen)


def _with_length(address: Address, length: int) -> IPv4Interface | IPv6Interface:
    return (IPv4Interface if address.version == 4 else IPv6Interface)((int(address), length))


def link_interface(link: PlanLink, node: str, family: Family) -> Interface:
    """A router's address on a link: ``a`` has the lower one. ``KeyError`` for a node that is not on it."""
    offset = {link.a: 0, link.b: 1}[node]
    network = link.networks[family]
    return _with_length(network.network_address + offset, network.prefixlen)


def ports(plan: Plan, node: str, stage: str) -> tuple[Port, ...]:
    """All planned interfaces of a node at a stage, links first (in the plan's order), then LANs."""
    return (*_link_ports(plan, node, stage), *_lan_ports(plan, node, stage))


def _link_ports(plan: Plan, node: str, stage: str) -> Iterator[Port]:
    for link in plan.links:
        if node not in (link.a, link.b):
            continue
        peer = link.b if node == link.a else link.a
        fams = families(plan, link, stage)
        addresses = {family: link_interface(link, node, family) for family in fams}
        yield Port(node, peer, "link", fams, addresses, link=link, peer=peer)


def _lan_ports(plan: Plan, node: str, stage: str) -> Iterator[Port]:
    for lan in plan.lans.values():
        if node in lan.gateways:
            fams = families(plan, lan, stage)
            addresses = {family: host_interface(lan.networks[family], lan.gateways[node]) for family in fams}
            yield Port(node, lan.port, "gateway", fams, addresses, lan=lan)
        if node in lan.hosts:
            number = lan.hosts[node]
            fams = host_families(plan, lan, node, stage)
            addresses = (
                {} if number is None else {family: host_interface(lan.networks[family], number) for family in fams}
            )
            yield Port(node, "eth1", "host", fams, addresses, lan=lan)


def gateway(lan: Lan, family: Family) -> Address:
    """Where hosts of a LAN send what is not local: the virtual address, or the only gateway's own."""
    number = lan.virtual if lan.virtual is not None else next(iter(lan.gateways.values()))
    return host_address(lan.networks[family], number)


def address(plan: Plan, node: str, family: Family, stage: str) -> Address | None:
    """A node's own address: its loopback, or that of its first static port with the family on."""
    if node in plan.loopbacks:
        return plan.loopbacks[node].addresses[family] if loopback_on(plan, node, family, stage) else None
    for port in ports(plan, node, stage):
        if family in port.addresses:
            return port.addresses[family].ip
    return None


def loopback_on(plan: Plan, node: str, family: Family, stage: str) -> bool:
    """A router's loopback has a family as soon as one of its links has."""
    return any(family in port.families for port in ports(plan, node, stage) if port.kind == "link")


def nodes(plan: Plan) -> tuple[str, ...]:
    """Every node that the plan gives an address or a place."""
    found: dict[str, None] = {}
    for link in plan.links:
        found.update({link.a: None, link.b: None})
    for lan in plan.lans.values():
        found.update(dict.fromkeys((*lan.gateways, *lan.hosts)))
    return tuple(found)


def reverse_zone(network: Network) -> str:
    """The name of the reverse zone of a prefix on a nibble (IPv6) or octet (IPv4) boundary, without the last dot."""
    if isinstance(network, IPv6Network):
        digits = network.network_address.exploded.replace(":", "")[: network.prefixlen // 4]
        return ".".join(reversed(digits)) + ".ip6.arpa"
    octets = str(network.network_address).split(".")[: network.prefixlen // 8]
    return ".".join(reversed(octets)) + ".in-addr.arpa"


def pointer(address_: Address) -> str:
    """The name under which a PTR record of an address stands, without the last dot."""
    return address_.reverse_pointer


def synthesised(prefix: IPv6Network, target: str | Address) -> IPv6Address:
    """The IPv6 address of an IPv4 one behind a /96 translator prefix (RFC 6052 section 2.2)."""
    value = int(IPv4Network(f"{target}/32").network_address)
    return prefix.network_address + value


def is_own(plan: Plan, site: str) -> bool:
    """Whether a site is the province's: its block is the one that is announced."""
    return plan.blocks[plan.sites[site].block].announced


def asn_of(plan: Plan, node: str) -> int | None:
    """The AS number a router speaks BGP with; ``None`` for a node that does not."""
    return next((asn.number for asn in plan.asns.values() if node in asn.routers), None)


def dns64_resolvers(plan: Plan, stage: str, operator: str = "province") -> dict[str, IPv6Interface]:
    """Resolver → the second address under which it synthesises for IPv6-only clients; none before it has IPv6.

    None either before the translator has both families: what is synthesised would lead nowhere.
    """
    found: dict[str, IPv6Interface] = {}
    if not translates(plan, plan.nat64[operator], stage):
        return found
    for node, number in plan.nat64[operator].resolvers.items():
        lan = lan_of(plan, node)
        if lan and 6 in host_families(plan, lan, node, stage):
            interface = host_interface(lan.networks[6], number)
            assert isinstance(interface, IPv6Interface)
            found[node] = interface
    return found


def translates(plan: Plan, nat: Nat64, stage: str) -> bool:
    """Whether a translator stands at a stage: it has an address in both families."""
    return all(address(plan, nat.node, family, stage) is not None for family in FAMILIES)


def mostly(plan: Plan, lan: Lan, stage: str) -> bool:
    """Whether a LAN is IPv6-mostly: it has IPv4, and DHCPv4 tells hosts that can do without to do so (RFC 8925)."""
    return translated(plan, lan, stage) and 4 in families(plan, lan, stage)


def translated(plan: Plan, lan: Lan, stage: str) -> bool:
    """Whether clients of a LAN have IPv6 alone, and so need DNS64 and NAT64: by design, or because IPv4 has ended."""
    fams = families(plan, lan, stage)
    return 6 in fams and (lan.dns64 or (lan.kind != "server" and 4 not in fams))


def resolvers(plan: Plan, lan: Lan, family: Family, stage: str) -> tuple[Address, ...]:
    """Who resolves names for the hosts of a LAN in a family: an ISP's own gateway, DNS64, or the data centre's."""
    if plan.sites[lan.site].zone == "isp":
        return (gateway(lan, family),)
    synthesising = dns64_resolvers(plan, stage)
    if family == 6 and synthesising and translated(plan, lan, stage):
        return tuple(interface.ip for interface in synthesising.values())
    nodes_ = (service.node for service in plan.services if service.name == "resolver")
    found = (address(plan, node, family, stage) for node in nodes_)
    return tuple(each for each in found if each is not None)


def nat64_of(plan: Plan, lan: Lan) -> Nat64 | None:
    """The translator that serves a LAN: its operator's."""
    return plan.nat64.get("province" if is_own(plan, lan.site) else lan.site)


def dns64_clients(plan: Plan, operator: str, stage: str) -> tuple[IPv6Network, ...]:
    """The LANs that an operator's DNS64 serves: those of its own block whose clients have IPv6 alone."""
    prefix = plan.nat64[operator].prefix
    networks = (
        lan.networks[6]
        for lan in plan.lans.values()
        if prefix.network_address in plan.blocks[plan.sites[lan.site].block].networks[6]
        and translated(plan, lan, stage)
    )
    return tuple(network for network in networks if isinstance(network, IPv6Network))


def nat64_clients(plan: Plan, operator: str, stage: str) -> tuple[IPv6Network, ...]:
    """The LANs that may use an operator's translator: those of its DNS64, and those that will be with the next stage.

    So the way is open before anybody is sent there, and on the way back all have left before it closes.
    """
    order = plan.stage_names()
    now = order.index(stage)
    there = {lan.networks[6] for lan in plan.lans.values() if 6 in families(plan, lan, stage)}
    served = {network for each in order[now : now + 2] for network in dns64_clients(plan, operator, each)}
    return tuple(sorted(served & there))


def pool4(lan: Lan, node: str) -> tuple[Address, Address]:
    """The IPv4 addresses that a gateway hands out: of several gateways each has its own part of the upper half."""
    network = lan.networks[4]
    half = network.num_addresses // 2
    first, last = _share(lan, node, half - 1)
    return network.network_address + half + first, network.network_address + half + last


def pool6(lan: Lan, node: str) -> tuple[Address, Address]:
    """The IPv6 addresses that a gateway hands out by DHCPv6: ::1:0 on, a part for each gateway."""
    first, last = _share(lan, node, 0x10000)
    base = lan.networks[6].network_address + 0x10000
    return base + first, base + last


def _share(lan: Lan, node: str, count: int) -> tuple[int, int]:
    order = list(lan.gateways)
    size = count // len(order)
    start = order.index(node) * size
    return start, start + size - 1
