"""The flows that a stage step is watched on, between hosts that the stages before and after both know in a family."""

from __future__ import annotations

from collections.abc import Iterator

from harness.drill.flows import DIRECTIONS, PORT, usable
from harness.errors import CannotMeasure
from harness.history.history import History
from harness.lab.lab import Lab
from harness.plan import derive
from harness.plan.model import FAMILIES, Plan
from harness.probe.continuity import Continuity, Flow
from harness.probe.continuity_result import FlowResult
from harness.verdict.rehearsal import Stretch

PAIRS = (
    ("portal", "viettel-citizen"),
    ("portal", "vnpt-citizen"),
    ("portal", "foreign-web"),
    ("stttt-pc", "viettel-citizen"),
    ("stttt-pc", "foreign-web"),
    ("vpubnd-pc", "vnpt-citizen"),
    ("gianghia-pc", "foreign-web"),
    ("gianghia-pc", "ministry"),
    ("daksong-pc", "viettel-citizen"),
    ("daksong-pc", "ministry"),
)
"""From inside, as the firewalls want it; what comes back is the direction inwards. Each agency, the data centre, both
ISPs, the rest of the world and level I."""


def through(lab: Lab, plan: Plan, old: str, new: str) -> tuple[Flow, ...]:
    """The flows that both stages offer. Raises ``CannotMeasure`` if there is none."""
    found = tuple(
        Flow(f"{one} → {other}", lab.node(one), family, usable(lab.node(other), family), lab.node(other), PORT)
        for one, other in PAIRS
        if one in lab.nodes and other in lab.nodes
        for family in FAMILIES
        if all(family in derive.families_of(plan, host, stage) for host in (one, other) for stage in (old, new))
    )
    if not found:
        raise CannotMeasure(f"no main flow is offered both at {old} and at {new}")
    return found


def lost_before(results: tuple[FlowResult, ...], began: float) -> tuple[str, ...]:
    """The ways that lost packets before the step began (monotonic seconds): of them the step tells nothing."""
    return tuple(
        f"{result.name} IPv{result.family} {DIRECTIONS[outgoing]}"
        for result in results
        for outgoing, way in ((True, result.there), (False, result.back))
        if not way.received or any(gap.began < began for gap in way.gaps)
    )


def stretches(results: tuple[FlowResult, ...]) -> Iterator[Stretch]:
    """Both directions of each flow."""
    for result in results:
        for outgoing, way in ((True, result.there), (False, result.back)):
            names = result.name, result.family, DIRECTIONS[outgoing]
            yield Stretch(
                *names, way.sent, way.sent - way.received, way.gap_ms, way.longest.began if way.longest else None
            )


def probe(history: History, flows: tuple[Flow, ...]) -> Continuity:
    """Packets every 10 ms on all flows."""
    return Continuity(history, flows)
