"""Routing has settled: adjacencies, sessions with the family they are for, BFD, virtual routers, and the default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.lab.conditions.nodes import once_started
from harness.lab.lab import Lab
from harness.node import Node
from harness.plan import derive
from harness.plan.model import FAMILIES, Family, Plan
from harness.probe import route
from harness.probe.frr import frr
from harness.wait import Condition

WORLD = "vnix"
"""The router of the third AS."""


def conditions(lab: Lab, plan: Plan) -> Iterator[Condition]:
    """OSPF per node and family, BGP sessions per node and family, BFD per node, VRRP per LAN and family, defaults."""
    for name in lab.nodes:
        for family in FAMILIES:
            yield from _ospf(lab, plan, name, family)
            yield from _bgp(lab, plan, name, family)
            yield from _default(lab, plan, name, family)
        yield from _bfd(lab, plan, name)
    yield from _vrrp(lab, plan)
    yield from _world(lab, plan)


def _ospf(lab: Lab, plan: Plan, name: str, family: Family) -> Iterator[Condition]:
    ports = {
        port.name for port in derive.ports(plan, name, lab.stage) if port.cost is not None and family in port.families
    }
    if not ports:
        return
    daemon, command = {
        4: ("ospfd", "show ip ospf neighbor json"),
        6: ("ospf6d", "show ipv6 ospf6 neighbor json"),
    }[family]

    def unmet(node: Node) -> str | None:
        full = full_ports(family, frr(None, node, daemon, command))
        missing = ports - full
        return f"no full neighbour on {', '.join(sorted(missing))}" if missing else None

    yield once_started(lab, f"ospf ipv{family}", name, unmet)


def full_ports(family: Family, answer: Any) -> set[str]:
    """The interfaces with a neighbour in state Full, out of ospfd's or ospf6d's JSON."""
    if family == 4:
        return {
            str(each["ifaceName"]).split(":")[0]
            for neighbours in answer.get("neighbors", {}).values()
            for each in neighbours
            if str(each.get("nbrState", "")).startswith("Full")
        }
    return {each["interfaceName"] for each in answer.get("neighbors", []) if each.get("state") == "Full"}


def _bgp(lab: Lab, plan: Plan, name: str, family: Family) -> Iterator[Condition]:
    peers = bgp_peers(plan, name, family, lab.stage)
    if not peers:
        return
    borders = border_peers(plan, name, family, lab.stage)
    command = f"show bgp {'ipv4' if family == 4 else 'ipv6'} unicast summary json"

    def unmet(node: Node) -> str | None:
        found = frr(None, node, "bgpd", command).get("peers", {})
        missing = [peer for peer in peers if found.get(peer, {}).get("state") != "Established"]
        if missing:
            return f"not established with {', '.join(missing)}"
        # Inside, two cores have nothing to tell each other.
        empty = [peer for peer in borders if not found[peer].get("pfxRcd")]
        return f"nothing received from {', '.join(empty)}" if empty else None

    yield once_started(lab, f"bgp ipv{family}", name, unmet)


def border_peers(plan: Plan, name: str, family: Family, stage: str) -> tuple[str, ...]:
    """The addresses of a router's eBGP neighbours in a family. Before its own AS the province has no session."""
    if derive.asn_of(plan, name) is None:
        return ()
    return tuple(
        str(derive.link_interface(port.link, port.peer, family).ip)
        for port in derive.ports(plan, name, stage)
        if port.link and port.link.ebgp and port.peer and family in port.families
        if _speaks(plan, name, stage) and _speaks(plan, port.peer, stage)
    )


def bgp_peers(plan: Plan, name: str, family: Family, stage: str) -> tuple[str, ...]:
    """All BGP neighbours of a router in a family: eBGP over links, iBGP between loopbacks of the province's AS."""
    own = plan.asns["province"].routers
    inner = [
        str(address)
        for other in own
        if name in own and other != name and _speaks(plan, name, stage)
        if (address := derive.address(plan, other, family, stage)) is not None
    ]
    return (*border_peers(plan, name, family, stage), *inner)


def _speaks(plan: Plan, name: str, stage: str) -> bool:
    """The province's own routers speak BGP from the second stage on."""
    order = plan.stage_names()
    return name not in plan.asns["province"].routers or order.index(stage) >= 1


def _bfd(lab: Lab, plan: Plan, name: str) -> Iterator[Condition]:
    ports = derive.ports(plan, name, lab.stage)
    wanted = sum(len(port.families) for port in ports if port.cost is not None)
    wanted += sum(len(border_peers(plan, name, family, lab.stage)) for family in FAMILIES)
    if not wanted:
        return

    def unmet(node: Node) -> str | None:
        peers = frr(None, node, "bfdd", "show bfd peers json")
        up = [peer for peer in peers if peer.get("status") == "up"]
        return f"{len(up)} of {wanted} sessions are up" if len(up) < wanted else None

    yield once_started(lab, "bfd", name, unmet)


def _default(lab: Lab, plan: Plan, name: str, family: Family) -> Iterator[Condition]:
    """Every router of the province and every static host has a default in each family that it has."""
    ports = derive.ports(plan, name, lab.stage)
    inner = name in plan.loopbacks and plan.loopbacks[name].pool in ("loopback", "wanloop")
    if not inner or not any(family in port.families for port in ports if port.kind == "link"):
        return

    def unmet(node: Node) -> str | None:
        found = route.routes(None, node, family)
        return None if any(each.destination == route.EVERYWHERE[family] for each in found) else "no default route"

    yield once_started(lab, f"default ipv{family}", name, unmet)


def _vrrp(lab: Lab, plan: Plan) -> Iterator[Condition]:
    for lan in plan.lans.values():
        if lan.virtual is None:
            continue
        for family in derive.families(plan, lan, lab.stage):
            master = next(iter(lan.gateways))
            device = f"vrrp{family}-{lan.port}"

            def unmet(node: Node, device: str = device) -> str | None:
                links = {link.device: link for link in route.links(None, node)}
                link = links.get(device)
                return None if link and link.carrier else f"{device} is not master"

            yield once_started(lab, f"vrrp ipv{family} {lan.name} on", master, unmet)


def _world(lab: Lab, plan: Plan) -> Iterator[Condition]:
    """The rest of the Internet knows the province's block through every ISP that it has a session with."""
    for family in FAMILIES:
        edges = [name for name in plan.asns["province"].routers if border_peers(plan, name, family, lab.stage)]
        if edges:
            command = f"show bgp {'ipv4' if family == 4 else 'ipv6'} unicast {plan.own(family)} json"

            def unmet(node: Node, command: str = command, count: int = len(edges)) -> str | None:
                paths = frr(None, node, "bgpd", command).get("paths", [])
                return None if len(paths) >= count else f"{len(paths)} of {count} paths to the province"

            yield once_started(lab, f"world ipv{family}", WORLD, unmet)
