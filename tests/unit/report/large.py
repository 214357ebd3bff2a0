"""An estate of 110 nodes: the pilot's, and as many more agencies as that takes, each like the district in it."""

from __future__ import annotations

from dataclasses import replace

from harness.plan.model import Plan
from harness.topology.model import Endpoint, Link, Topology

AGENCIES = 11
LIKE = "daksong"


def large(topology: Topology, plan: Plan) -> tuple[Topology, Plan]:
    """Both with ``AGENCIES`` more; each has the district's four nodes and one host more."""
    for number in range(1, AGENCIES + 1):
        topology, plan = _with(topology, plan, f"huyen{number:02}")
    return topology, plan


def _with(topology: Topology, plan: Plan, agency: str) -> tuple[Topology, Plan]:
    def named(text: str) -> str:
        return text.replace(LIKE, agency)

    def moved(end: Endpoint) -> Endpoint:
        return Endpoint(named(end.node), named(end.port))

    nodes = {named(name): replace(spec, name=named(name)) for name, spec in topology.nodes.items() if LIKE in name}
    nodes[f"{agency}-pc2"] = replace(nodes[f"{agency}-pc"], name=f"{agency}-pc2")
    links = [
        replace(link, a=moved(link.a), b=moved(link.b))
        for link in topology.links
        if any(LIKE in end.node for end in link.ends)
    ]
    links.append(Link(Endpoint(f"{agency}-sw", "pc2"), Endpoint(f"{agency}-pc2", "eth1")))
    lans = {
        named(lan.name): replace(
            lan,
            name=named(lan.name),
            site=agency,
            switch=f"{agency}-sw",
            gateways={named(node): host for node, host in lan.gateways.items()},
            hosts={named(node): host for node, host in lan.hosts.items()},
        )
        for lan in plan.lans.values()
        if lan.site == LIKE
    }
    lans[f"{agency}-lan"] = replace(lans[f"{agency}-lan"], hosts={**lans[f"{agency}-lan"].hosts, f"{agency}-pc2": None})
    return (
        replace(topology, nodes={**topology.nodes, **nodes}, links=(*topology.links, *links)),
        replace(
            plan,
            sites={**plan.sites, agency: replace(plan.sites[LIKE], name=agency, title=f"Huyện số {agency[-2:]}")},
            lans={**plan.lans, **lans},
            links=(*plan.links, *(replace(link, b=named(link.b)) for link in plan.links if LIKE in link.b)),
        ),
    )
