"""Routing has come to rest: what is judged afterwards is where the network stays, not where it passes through."""

from __future__ import annotations

from harness.lab.lab import Lab
from harness.probe.route_watch import RouteWatch
from harness.wait import Condition

QUIET_SECONDS = 0.5
"""SPF runs and route installation follow each other within milliseconds; only a hold-down (a second at most, after
many changes in a row) is longer, and then the paths that clients see are not yet there."""


def watch(lab: Lab) -> RouteWatch:
    """Listen to the nodes that route: those with two links or more."""
    return RouteWatch(node for node in lab.nodes.values() if node.pid and len(lab.topology.ports(node.name)) > 1)


def condition(routes: RouteWatch) -> Condition:
    """No route has changed anywhere for a while."""

    def unmet() -> str | None:
        seconds, node = routes.quiet_for()
        return f"a route of {node} changed {seconds:.1f} s ago" if seconds < QUIET_SECONDS else None

    return Condition("routes at rest", unmet)
