"""When a lab has converged: a named list of conditions, derived from plan and topology."""

from __future__ import annotations

from harness.lab.conditions import addresses, background, clients, names, nodes, quiet, routing, services, unplanned
from harness.lab.lab import Lab
from harness.probe.route_watch import RouteWatch
from harness.wait import Condition


def conditions(lab: Lab) -> tuple[Condition, ...]:
    """Everything that must hold once before a lab of this stage may be judged."""
    found = list(nodes.conditions(lab))
    if lab.plan is None:
        return (*found, *addresses.without_plan(lab), *unplanned.conditions(lab))
    for kind in (addresses, routing, clients, services, names):
        found += kind.conditions(lab, lab.plan)
    return (*found, *background.conditions(lab))


def settled(lab: Lab, routes: RouteWatch) -> tuple[Condition, ...]:
    """What must hold after all of ``conditions``: nothing moves any more, and people's names resolve."""
    asked = clients.resolving(lab, lab.plan) if lab.plan else ()
    return (quiet.condition(routes), *asked)
