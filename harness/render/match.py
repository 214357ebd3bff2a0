"""Plan and topology must speak of the same network: the same nodes, the same links, the same ports."""

from __future__ import annotations

from collections.abc import Iterator

from harness.errors import WrongInput
from harness.plan import derive
from harness.plan.finding import Finding, line_of
from harness.plan.model import Lan, Plan
from harness.topology.model import Endpoint, Topology


def check(plan: Plan, topology: Topology) -> None:
    """Raise ``WrongInput`` for the first place where the two differ."""
    for finding in mismatches(plan, topology):
        raise WrongInput(
            finding.what, where=plan.file, line=line_of(plan, finding.key), key=finding.key, hint=finding.hint
        )


def mismatches(plan: Plan, topology: Topology) -> tuple[Finding, ...]:
    """Every difference. Nodes of the topology that the plan does not speak of are switches; others are findings."""
    return (*_nodes(plan, topology), *_links(plan, topology), *_lans(plan, topology))


def _nodes(plan: Plan, topology: Topology) -> Iterator[Finding]:
    for node in derive.nodes(plan):
        if node not in topology.nodes:
            yield Finding(
                "lans", f"node {node!r} is not in {topology.file.name}", "add the node there, or take it out here"
            )
    switches = {lan.switch for lan in plan.lans.values()}
    for node in topology.nodes:
        if node not in derive.nodes(plan) and node not in switches:
            yield Finding(
                "lans", f"{topology.file.name} has a node {node!r} without a place in the plan", "give it one"
            )


def _links(plan: Plan, topology: Topology) -> Iterator[Finding]:
    wires = {frozenset(link.ends) for link in topology.links}
    for index, link in enumerate(plan.links):
        ends = frozenset((Endpoint(link.a, link.b), Endpoint(link.b, link.a)))
        if ends not in wires:
            text = " – ".join(map(str, sorted(ends)))
            yield Finding(f"links[{index}]", f"{topology.file.name} has no link {text}", "add it to the topology")


def _lans(plan: Plan, topology: Topology) -> Iterator[Finding]:
    for lan in plan.lans.values():
        for node in (*lan.gateways, *lan.hosts):
            end = Endpoint(node, lan.port if node in lan.gateways else "eth1")
            if not _attached(lan, topology, end):
                what = f"switch {lan.switch}" if lan.switch else "the other end of the LAN"
                yield Finding(f"lans.{lan.name}", f"{end} is not linked to {what}", "mend the link in the topology")


def _attached(lan: Lan, topology: Topology, end: Endpoint) -> bool:
    try:
        other = topology.peer(end)
    except KeyError:
        return False
    return other.node == lan.switch if lan.switch else other.node in {*lan.gateways, *lan.hosts}
