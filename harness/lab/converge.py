"""Waiting until a lab has converged: its conditions hold, nothing moves, and they still hold."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.errors import NotConverged
from harness.lab import record as records
from harness.lab.conditions import conditions, settled
from harness.lab.lab import Lab
from harness.probe.route_watch import RouteWatch
from harness.wait import Condition, Deadline, Met, until

CONVERGE_SECONDS = 60.0
"""A lab that has not converged by then will not: OSPF and BGP take some 8 s, DAD 2 s, an unkind ISP 30 s at worst."""

WORKERS = 8
"""Most looks take a millisecond; some wait for an answer that does not come yet and must not hold up the others."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who hears of progress: ``phase`` one line as each phase begins, ``met`` each condition and how many are left."""

    phase: Callable[[str], None]
    met: Callable[[Met, int], None]


def converge(lab: Lab, told: Told, deadline: Deadline, started: float, routes: RouteWatch) -> None:
    """Wait until every condition of the lab's stage holds and routing is at rest; the record says so afterwards.

    ``started`` (monotonic seconds) is what the record's ``converged_s`` counts from. Raises ``NotConverged``.
    """
    for stretch in (conditions(lab), settled(lab, routes)):
        _await(lab, stretch, told, deadline, started)
    lab.record = lab.record.at(time.monotonic() - started)
    records.save(lab.record)


def _await(lab: Lab, wanted: Sequence[Condition], told: Told, deadline: Deadline, started: float) -> None:
    outcome = until(wanted, deadline, on_met=told.met, workers=WORKERS)
    if outcome.pending:
        raise NotConverged(lab.name, time.monotonic() - started, outcome.pending)
