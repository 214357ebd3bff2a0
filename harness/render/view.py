"""What templates see: a node with its interfaces, and the plan's derivations as functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from harness.plan import bogons, derive, rpki, zones
from harness.plan.model import FAMILIES, Address, Family, Lan, Network, Plan, Service, Stage
from harness.render.keys import Keys
from harness.topology.model import Topology


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node as its templates see it. ``ports`` are those of the plan; ``interfaces`` all names in the topology."""

    name: str
    role: str
    site: str
    zone: str
    ports: tuple[derive.Port, ...]
    interfaces: tuple[str, ...]
    loopback: Mapping[Family, Address]
    asn: int | None
    names: tuple[str, ...]

    @property
    def families(self) -> tuple[Family, ...]:
        """The families that any of its interfaces has."""
        return tuple(family for family in FAMILIES if any(family in port.families for port in self.ports))

    @property
    def links(self) -> tuple[derive.Port, ...]:
        """Its interfaces towards other routers."""
        return tuple(port for port in self.ports if port.kind == "link")

    @property
    def gateways(self) -> tuple[derive.Port, ...]:
        """Its interfaces in LANs that it is a gateway of."""
        return tuple(port for port in self.ports if port.kind == "gateway")

    @property
    def host(self) -> derive.Port | None:
        """Its interface as a host of a LAN, if it is one."""
        return next((port for port in self.ports if port.kind == "host"), None)

    def port(self, name: str) -> derive.Port:
        """The interface of that name; ``LookupError`` tells which there are."""
        for port in self.ports:
            if port.name == name:
                return port
        raise LookupError(f"{self.name} has no interface {name!r}; it has " + ", ".join(p.name for p in self.ports))


def node_view(topology: Topology, plan: Plan, stage: str, name: str) -> NodeView:
    """The view of one node at a stage."""
    ports = derive.ports(plan, name, stage)
    site = _site(plan, ports, name)
    loopback = plan.loopbacks.get(name)
    return NodeView(
        name=name,
        role=topology.nodes[name].role,
        site=site,
        zone=plan.sites[site].zone if site else "",
        ports=ports,
        interfaces=topology.ports(name),
        loopback={
            family: loopback.addresses[family] for family in FAMILIES if derive.loopback_on(plan, name, family, stage)
        }
        if loopback
        else {},
        asn=derive.asn_of(plan, name),
        names=zones.names_of(plan, name),
    )


def _site(plan: Plan, ports: tuple[derive.Port, ...], name: str) -> str:
    for port in ports:
        if port.lan:
            return port.lan.site
    return plan.pools[plan.loopbacks[name].pool].site if name in plan.loopbacks else ""


def functions(topology: Topology, plan: Plan, stage: Stage) -> dict[str, Any]:
    """The names that every template may use besides ``node``."""
    order = plan.stage_names()

    def reached(name: str) -> bool:
        return order.index(name) <= order.index(stage.name)

    def address(node: str, family: Family) -> Address | None:
        return derive.address(plan, node, family, stage.name)

    def peer(port: derive.Port, family: Family) -> Address:
        assert port.link is not None
        assert port.peer is not None
        return derive.link_interface(port.link, port.peer, family).ip

    def view(node: str) -> NodeView:
        return node_view(topology, plan, stage.name, node)

    def lans(*kinds: str, zone: str | None = None, family: Family | None = None) -> list[Lan]:
        return select_lans(plan, stage.name, kinds, zone, family)

    return {
        "plan": plan,
        "stage": stage,
        "reached": reached,
        "FAMILIES": FAMILIES,
        "own": plan.own,
        "address": address,
        "peer": peer,
        "view": view,
        "lans": lans,
        "lan_families": lambda lan: derive.families(plan, lan, stage.name),
        "gateway": derive.gateway,
        "host_address": derive.host_address,
        "host_interface": derive.host_interface,
        "asn": lambda node: derive.asn_of(plan, node),
        "af": lambda family: {4: "ipv4", 6: "ipv6"}[family],
        "ip": lambda family: {4: "ip", 6: "ipv6"}[family],
        "reverse_zone": derive.reverse_zone,
        "synthesised": derive.synthesised,
        "router_id": lambda node: plan.loopbacks[node.name].addresses[4],
        "vrrp_id": lambda lan: lan.index,
        "bogons": lambda family: bogons.bogons(plan, family),
        "bogon_entries": lambda family: bogons.entries(plan, family),
        "lan_modes": lambda lan: ["dynamic" if number is None else "static" for number in lan.hosts.values()],
        "pool4": derive.pool4,
        "pool6": derive.pool6,
        "nat64_of": lambda lan: derive.nat64_of(plan, lan),
        "peer_rules": peer_rules,
        "trunk_networks": lambda family: trunk_networks(plan, family),
        "by_role": lambda role: [name for name, node in topology.nodes.items() if node.role == role],
        "bridges": lambda node: bridges(topology, plan, node),
        "sources": lambda service, family: service_sources(plan, stage.name, service, family),
        "services": plan.services,
        "forward": lambda origin: zones.forward(plan, stage.name, origin),
        "reverse": lambda network: zones.reverse(plan, stage.name, network),
        "zones": cache(lambda: zones.hosted(plan, stage.name)),
        "own_networks": cache(lambda: zones.networks(plan, stage.name)),
        "pointer": derive.pointer,
        "dns64_clients": lambda operator="province": derive.dns64_clients(plan, operator, stage.name),
        "nat64_clients": lambda operator="province": derive.nat64_clients(plan, operator, stage.name),
        "mostly": lambda lan: derive.mostly(plan, lan, stage.name),
        "translated": lambda lan: derive.translated(plan, lan, stage.name),
        "resolvers_of": lambda lan, family: derive.resolvers(plan, lan, family, stage.name),
        "dns64_address": lambda node: derive.dns64_resolvers(plan, stage.name).get(node),
        "dns64_resolvers": lambda: [own.ip for own in derive.dns64_resolvers(plan, stage.name).values()],
        "keys": Keys(plan.keys),
        "roas": rpki.roas(plan),
    }


def select_lans(plan: Plan, stage: str, kinds: tuple[str, ...], zone: str | None, family: Family | None) -> list[Lan]:
    """The LANs of some kinds, of a zone, with a family on; each restriction may be left out."""
    return [
        lan
        for lan in plan.lans.values()
        if (not kinds or lan.kind in kinds)
        and (zone is None or plan.sites[lan.site].zone == zone)
        and (family is None or family in derive.families(plan, lan, stage))
    ]


def bridges(topology: Topology, plan: Plan, node: str) -> dict[str, dict[str, list[str]]]:
    """The LANs of a switch: LAN → its ports towards gateways (``trunk``) and towards hosts (``access``).

    A port belongs to the LAN that its neighbour's interface is in.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for link in topology.links:
        for end in link.ends:
            if end.node != node:
                continue
            other = link.other(end)
            lan = _lan_of(plan, node, other.node, other.port)
            if lan:
                side = "trunk" if other.node in lan.gateways else "access"
                found.setdefault(lan.name, {"trunk": [], "access": []})[side].append(end.port)
    return found


def _lan_of(plan: Plan, switch: str, node: str, port: str) -> Lan | None:
    for lan in plan.lans.values():
        if lan.switch != switch:
            continue
        if (node in lan.gateways and lan.port == port) or (node in lan.hosts and port == "eth1"):
            return lan
    return None


def trunk_networks(plan: Plan, family: Family) -> list[Network]:
    """What the province tells level I: its own block and its private one."""
    private = plan.blocks["private"].networks
    return [plan.own(family)] + ([private[family]] if family in private else [])


def peer_rules(port: derive.Port) -> list[str]:
    """Rules that let in BGP and BFD from the router at the other end, in the families that are on."""
    assert port.link is not None
    assert port.peer is not None
    rules: list[str] = []
    for family in port.families:
        source = derive.link_interface(port.link, port.peer, family).ip
        head = f"iifname {port.name} {'ip' if family == 4 else 'ip6'} saddr {source}"
        rules.append(f'{head} tcp dport 179 accept comment "BGP"')
        rules.append(f'{head} udp dport {{ 3784, 3785, 4784 }} accept comment "BFD"')
    return rules


_ZONES: Mapping[str, Callable[[Lan, str], bool]] = {
    "agency": lambda lan, zone: zone == "agency",
    "wired": lambda lan, zone: zone == "agency" and lan.kind == "wired",
    "dc": lambda lan, zone: zone == "dc",
}


def service_sources(plan: Plan, stage: str, service: Service, family: Family) -> list[Network] | None:
    """The prefixes that may reach a service in a family; ``None`` means everyone."""
    if "internet" in service.sources:
        return None
    found: list[Network] = []
    for source in service.sources:
        if source == "level1":
            found.append(plan.blocks["level1"].networks[family])
            continue
        found += [
            lan.networks[family]
            for lan in plan.lans.values()
            if _ZONES[source](lan, plan.sites[lan.site].zone) and family in derive.families(plan, lan, stage)
        ]
    return found
