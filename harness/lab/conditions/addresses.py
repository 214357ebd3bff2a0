"""Every planned address is there and usable: neither tentative nor found twice."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from harness.lab.conditions.nodes import once_started
from harness.lab.lab import Lab
from harness.node import Node
from harness.plan import derive
from harness.plan.model import FAMILIES, Plan
from harness.probe import route
from harness.wait import Condition


def conditions(lab: Lab, plan: Plan) -> Iterator[Condition]:
    """One a node that has planned addresses, both families together."""
    for name in lab.nodes:
        wanted = {
            (port.name, str(address))
            for port in derive.ports(plan, name, lab.stage)
            for address in port.addresses.values()
        }
        if wanted:
            yield once_started(lab, "addresses", name, partial(_missing, wanted))


def _missing(wanted: set[tuple[str, str]], node: Node) -> str | None:
    there: dict[tuple[str, str], frozenset[str]] = {}
    for family in FAMILIES:
        for found in route.addresses(None, node, family):
            there[found.device, f"{found.address}/{found.prefix_length}"] = frozenset(found.flags)
    for port, address in sorted(wanted):
        flags = there.get((port, address))
        if flags is None:
            return f"{address} is not on {port}"
        if bad := flags & {"tentative", "dadfailed"}:
            return f"{address} on {port} is {', '.join(sorted(bad))}"
    return None


def without_plan(lab: Lab) -> Iterator[Condition]:
    """For somebody's topology: no address is still in doubt on any node, and every link has carrier."""
    for name in lab.nodes:
        yield Condition(f"addresses {name}", lambda name=name: _in_doubt(lab, name))  # type: ignore[misc]


def _in_doubt(lab: Lab, name: str) -> str | None:
    node = lab.node(name)
    ports = set(lab.topology.ports(name))
    for link in route.links(None, node):
        if link.device in ports and not link.carrier:
            return f"{link.device} has no carrier"
    for family in FAMILIES:
        for address in route.addresses(None, node, family):
            if bad := frozenset(address.flags) & {"tentative", "dadfailed"}:
                return f"{address.address} on {address.device} is {', '.join(sorted(bad))}"
    return None
