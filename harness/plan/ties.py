"""The deterministic tie-break: of two ways between routers one is better, at every stage and in both families.

Between equally good ways both directions of a flow may take different ones. A stateful firewall on one of them then sees
half of it, and two healthy labs differ.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from harness.plan import derive
from harness.plan.finding import Finding
from harness.plan.model import FAMILIES, Plan

Graph = Mapping[str, Mapping[str, int]]
"""Router → neighbour → OSPF cost."""


@dataclass(slots=True)
class Ways:
    """The best ways from one router to another: what they cost, their first routers and their last ones."""

    cost: int
    first: set[str] = field(default_factory=set)
    last: set[str] = field(default_factory=set)


def ties(plan: Plan) -> Iterator[Finding]:
    """Each pair of routers between which equally good ways part at both ends; others inherit the tie of such a pair."""
    seen: set[frozenset[str]] = set()
    for family in FAMILIES:
        for stage in plan.stage_names():
            graph = _graph(plan, family, stage)
            for start in graph:
                for end, ways in best(graph, start).items():
                    pair = frozenset((start, end))
                    if len(ways.first) > 1 and len(ways.last) > 1 and pair not in seen:
                        seen.add(pair)
                        yield _finding(plan, start, end, ways)


def _finding(plan: Plan, start: str, end: str, ways: Ways) -> Finding:
    by = sorted(router for router in ways.first if router != end)
    place = next(
        index for index, link in enumerate(plan.links) if {link.a, link.b} in ({start, router} for router in by)
    )
    told = ", ".join([*(f"by {router}" for router in by), *(["directly"] if end in ways.first else [])])
    return Finding(
        f"links[{place}].cost",
        f"{start} reaches {end} equally well (cost {ways.cost}) {told}",
        "change the cost of one link of these ways: both directions of a flow must take the same one",
    )


def _graph(plan: Plan, family: int, stage: str) -> Graph:
    graph: dict[str, dict[str, int]] = defaultdict(dict)
    for link in plan.links:
        if link.cost is not None and family in derive.families(plan, link, stage):
            graph[link.a][link.b] = graph[link.b][link.a] = link.cost
    return graph


def best(graph: Graph, start: str) -> dict[str, Ways]:
    """The best ways from ``start`` to every router that it reaches (Dijkstra's algorithm, keeping equals)."""
    found = {start: Ways(0)}
    queue = [(0, start)]
    done: set[str] = set()
    while queue:
        cost, here = heapq.heappop(queue)
        if here in done:
            continue
        done.add(here)
        for there, more in graph[here].items():
            ways = found.get(there)
            if ways is None or cost + more < ways.cost:
                ways = found[there] = Ways(cost + more)
                heapq.heappush(queue, (ways.cost, there))
            if cost + more == ways.cost and there not in done:
                ways.first |= found[here].first or {there}
                ways.last.add(here)
    return {router: ways for router, ways in found.items() if router != start}
