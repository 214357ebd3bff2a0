"""Clients have what a client asks for: an address, a default route and a resolver in every family of their LAN."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from ipaddress import ip_address
from pathlib import Path

from harness.lab.conditions.nodes import once_started
from harness.lab.lab import Lab
from harness.node import Node
from harness.plan import derive
from harness.plan.model import Family, Lan, Network, Plan
from harness.probe import route
from harness.wait import Condition


def conditions(lab: Lab, plan: Plan) -> Iterator[Condition]:
    """One a client and family."""
    for lan in plan.lans.values():
        for name, number in lan.hosts.items():
            if number is None and name in lab.nodes:
                for family in derive.families(plan, lan, lab.stage):
                    if (family == 6 and lan.ra == "none") or not _knows(lab, name, family):
                        continue
                    yield once_started(lab, f"client ipv{family}", name, partial(_incomplete, lan, family))


def _knows(lab: Lab, name: str, family: Family) -> bool:
    """Whether the host has the family switched on at all."""
    return family == 4 or lab.topology.nodes[name].sysctls.get("net.ipv6.conf.all.disable_ipv6") != "1"


def _incomplete(lan: Lan, family: Family, node: Node) -> str | None:
    network = lan.networks[family]
    addresses = [each for each in route.addresses(None, node, family) if _inside(each.address, network)]
    if not addresses:
        return f"no address in {network}"
    if all({"tentative", "dadfailed"} & set(each.flags) for each in addresses):
        return "its address is still tentative"
    if not any(each.destination == route.EVERYWHERE[family] for each in route.routes(None, node, family)):
        return "no default route"
    servers = [line.split()[1] for line in _resolv_conf(node.root / "etc/resolv.conf") if line.startswith("nameserver")]
    if not any((":" in server) == (family == 6) for server in servers):
        return "no resolver of this family"
    return None


def _inside(address: str, network: Network) -> bool:
    return ip_address(address) in network


def _resolv_conf(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
