"""Clients have what a client asks for: an address, a default route and a resolver that answers, in every family."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from ipaddress import ip_address
from pathlib import Path

from harness.history.history import History
from harness.lab.conditions.nodes import once_started
from harness.lab.lab import Lab
from harness.node import Node
from harness.plan import derive
from harness.plan.model import Family, Lan, Network, Plan
from harness.probe import dns, route
from harness.probe.dns_message import Question
from harness.wait import Condition


def conditions(lab: Lab, plan: Plan) -> Iterator[Condition]:
    """One a client and family: it has been configured."""
    for name, lan, family in _clients(lab, plan):
        told = bool(derive.resolvers(plan, lan, family, lab.stage))
        yield once_started(lab, f"client ipv{family}", name, partial(_incomplete, lan, family, told))


def resolving(lab: Lab, plan: Plan) -> Iterator[Condition]:
    """One a client and family: its resolvers answer it. To be asked when all else holds: an unbound that is asked
    before its way to the root is there takes the root for dead."""
    for name, _, family in _clients(lab, plan):
        yield once_started(lab, f"names for client ipv{family}", name, partial(_unanswered, plan.domain, family))


def _clients(lab: Lab, plan: Plan) -> Iterator[tuple[str, Lan, Family]]:
    for lan in plan.lans.values():
        for name, number in lan.hosts.items():
            if number is None and name in lab.nodes:
                for family in derive.host_families(plan, lan, name, lab.stage):
                    if (family == 4 or lan.ra != "none") and _knows(lab, name, family):
                        yield name, lan, family


def _knows(lab: Lab, name: str, family: Family) -> bool:
    """Whether the host has the family switched on at all."""
    return family == 4 or lab.topology.nodes[name].sysctls.get("net.ipv6.conf.all.disable_ipv6") != "1"


def _incomplete(lan: Lan, family: Family, told: bool, node: Node) -> str | None:
    """``told``: whether the network tells its hosts a resolver of the family; the pilot's IPv6 comes before the resolvers'."""
    network = lan.networks[family]
    addresses = [each for each in route.addresses(None, node, family) if _inside(each.address, network)]
    if not addresses:
        return f"no address in {network}"
    if all({"tentative", "dadfailed"} & set(each.flags) for each in addresses):
        return "its address is still tentative"
    if not any(each.destination == route.EVERYWHERE[family] for each in route.routes(None, node, family)):
        return "no default route"
    return None if _resolvers(node, family) or not told else "no resolver of this family"


def _unanswered(domain: str, family: Family, node: Node) -> str | None:
    for server in _resolvers(node, family):
        seen = dns.query(History(), node, family, server, Question(domain, "SOA"), timeout=0.5)
        if seen.answer != "reply" or seen.data.get("rcode") != "NOERROR":
            return f"{server} answers {seen.data.get('rcode') or f'nothing ({seen.answer})'}"
    return None


def _resolvers(node: Node, family: Family) -> list[str]:
    """The name servers that the host has been told of, in a family; a link-local one only means something there."""
    lines = [line.split() for line in _resolv_conf(node.root / "etc/resolv.conf")]
    servers = [line[1] for line in lines if line[:1] == ["nameserver"]]
    return [server for server in servers if (":" in server) == (family == 6)]


def _inside(address: str, network: Network) -> bool:
    return ip_address(address) in network


def _resolv_conf(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
