"""Names resolve: every name server has the zones, and the resolvers answer validated from the root down."""

from __future__ import annotations

from collections.abc import Iterator

from harness.history.history import History
from harness.lab.conditions.nodes import started
from harness.lab.lab import Lab
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
            yield Condition(
                f"{service.name} ipv{family} {service.node}",
                lambda node=service.node, family=family, address=str(interface.ip), validated=service.name == "resolver": (  # type: ignore[misc]
                    _silent(lab, plan, node, family, address, validated)
                ),
            )


def _silent(lab: Lab, plan: Plan, name: str, family: Family, address: str, validated: bool) -> str | None:
    node = lab.node(name)
    if not started(node):
        return "the node has not started"
    if validated and (why := _root_silent(lab, plan, name, family)):
        return why
    question = Question(plan.domain, "SOA", dnssec=validated, recursion=validated)
    seen = dns.query(History(), node, family, address, question, timeout=1.0)
    if seen.answer != "reply":
        return f"{address} does not answer ({seen.answer})"
    if seen.data.get("rcode") != "NOERROR":
        return f"{address} answers {seen.data.get('rcode')}"
    wanted = "AD" if validated else "AA"
    return None if wanted in seen.data.get("flags", ()) else f"{address} answers without {wanted}"


def _root_silent(lab: Lab, plan: Plan, name: str, family: Family) -> str | None:
    """A resolver that is asked before it can reach the root takes the root for dead and stays silent for long."""
    root = derive.address(plan, "root-dns", family, lab.stage)
    if root is None:
        return None
    seen = dns.query(History(), lab.node(name), family, str(root), Question(".", "SOA", recursion=False), timeout=0.5)
    return None if seen.answer == "reply" else f"the root at {root} is not reached yet ({seen.answer})"
