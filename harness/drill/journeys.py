"""Making journeys: who makes which in which ways at the lab's stage, side by side, and what becomes of each."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from harness.drill.steps import KINDS, running
from harness.drill.trip import Trip
from harness.errors import CannotMeasure, WrongInput
from harness.history.history import History
from harness.lab.lab import Lab
from harness.plan import journeys as journey_file
from harness.plan.journeys import Journey, Manner, manners
from harness.plan.model import Plan
from harness.probe.side_by_side import side_by_side
from harness.verdict.readiness import Outcome

JOURNEYS = "journeys.yml"
"""Beside the plan."""
AT_ONCE = 16
"""Of more people than that each waits for the others: the lab's few processors, not the network, would make journeys
take longer than anybody waits."""
MANNERS = {4: "IPv4", 6: "IPv6", "either": "either"}


@dataclass(frozen=True, slots=True)
class Planned:
    """A journey that a host is to make in a manner."""

    journey: Journey
    host: str
    manner: Manner


def planned_of(lab: Lab) -> Plan:
    """The plan of a lab. Raises ``WrongInput`` where no plan describes it."""
    if lab.plan is None:
        raise WrongInput(f"lab {lab.name} has no plan, so nobody lives in it", hint="v6lab up brings the pilot up")
    return lab.plan


def known(lab: Lab) -> tuple[Journey, ...]:
    """The journeys of ``journeys.yml`` beside the plan of the lab. Raises ``WrongInput``."""
    plan = planned_of(lab)
    return journey_file.load(plan.file.with_name(JOURNEYS), plan)


def offered(lab: Lab, journeys: Iterable[Journey]) -> tuple[Planned, ...]:
    """Every journey of every host in every manner that the stage offers."""
    plan = planned_of(lab)
    return tuple(
        Planned(journey, host, manner)
        for journey in journeys
        for host in journey.hosts
        if host in lab.nodes
        for manner in manners(plan, journey, host, lab.stage)
    )


def as_people_do(planned: Sequence[Planned], hosts: Collection[str]) -> tuple[Planned, ...]:
    """The journeys of some hosts, each once and in whichever family works."""
    pairs = {(each.journey.name, each.host): each.journey for each in planned if each.host in hosts}
    return tuple(Planned(journey, host, "either") for (_, host), journey in pairs.items())


def make(lab: Lab, history: History, planned: Sequence[Planned]) -> list[Outcome]:
    """Make all, some side by side; what became of each, in their order."""
    plan = planned_of(lab)
    return side_by_side(lambda each: _one(lab, plan, history, each), planned, AT_ONCE)


def _one(lab: Lab, plan: Plan, history: History, planned: Planned) -> Outcome:
    began = time.monotonic()
    where = (planned.journey.name, planned.host, MANNERS[planned.manner])
    step = planned.journey.steps[0]
    try:
        trip = Trip(lab, plan, history, running(lab, planned.host), planned.manner)
        for step in planned.journey.steps:
            if why := KINDS[step.kind](trip, step):
                return Outcome(*where, "lost", str(step), why, time.monotonic() - began)
    except (CannotMeasure, OSError) as error:
        return Outcome(*where, "not measured", str(step), str(error), time.monotonic() - began)
    return Outcome(*where, "done", seconds=time.monotonic() - began)
