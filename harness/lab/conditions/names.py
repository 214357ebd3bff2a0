"""Names resolve: every name server has the zones, and the resolvers answer validated from the root down."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from harness.history.history import History
from harness.lab.conditions.nodes import once_started
from harness.lab.lab import Lab
from harness.node import Node
from harness.plan import derive
from harness.plan.model import Family, Plan
from harness.probe import dns
from harness.probe.dns_message import Question
from harness.wait import Condition


def conditions(lab: Lab, plan: Plan) -> Iterator[Condition]:
    """One for each name server and resolver of the province, in each family, asked from the server itself."""
    for service in plan.services:
        if service.name not in ("dns", "resolver") or service.node not in lab.nodes:
            continue
        host = next(port for port in derive.ports(plan, service.node, lab.stage) if port.kind == "host")
        for family, interface in host.addresses.items():
            unmet = partial(_silent, lab, plan, family, str(interface.ip), service.name == "resolver")
            yield once_started(lab, f"{service.name} ipv{family}", service.node, unmet)


def _silent(lab: Lab, plan: Plan, family: Family, address: str, validated: bool, node: Node) -> str | None:
    if validated and (why := _root_silent(lab, plan, family, node)):
        return why
    question = Question(plan.domain, "SOA", dnssec=validated, recursion=validated)
    seen = dns.query(History(), node, family, address, question, timeout=1.0)
    if seen.answer != "reply":
        return f"{address} does not answer ({seen.answer})"
    if seen.data.get("rcode") != "NOERROR":
        return f"{address} answers {seen.data.get('rcode')}"
    wanted = "AD" if validated else "AA"
    return None if wanted in seen.data.get("flags", ()) else f"{address} answers without {wanted}"


def _root_silent(lab: Lab, plan: Plan, family: Family, node: Node) -> str | None:
    """A resolver that is asked before it can reach the root takes the root for dead and stays silent for long."""
    root = derive.address(plan, "root-dns", family, lab.stage)
    if root is None:
        return None
    seen = dns.query(History(), node, family, str(root), Question(".", "SOA", recursion=False), timeout=0.5)
    return None if seen.answer == "reply" else f"the root at {root} is not reached yet ({seen.answer})"
