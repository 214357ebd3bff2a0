"""Flows of packets between hosts in the families that both have, and on which interfaces their packets pass."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from harness.errors import CannotMeasure
from harness.lab.lab import Lab
from harness.node import Node
from harness.plan import derive
from harness.plan.model import FAMILIES, Family, Plan
from harness.probe import route
from harness.probe.capture import Capture
from harness.probe.continuity import Flow
from harness.probe.continuity_result import FlowResult
from harness.probe.continuity_worker import MARK, PACKET
from harness.verdict.outage import Loss, Way

PORT = 443
"""Servers may ask the Internet on it, and agencies on any."""
DIRECTIONS = {True: "outbound", False: "inbound"}
"""By whether packets leave the interface that they are looked at: it must lead away from the flows' sources."""

Place = tuple[str, str]
"""A node and its interface."""
Crossing = tuple[int, bool]
"""A flow by its number, and whether its packets went out."""


def usable(node: Node, family: Family) -> str:
    """A host's own address in a family; raises if it has none."""
    for each in route.addresses(None, node, family):
        address = ipaddress.ip_address(each.address)
        if not (address.is_link_local or address.is_loopback or {"tentative", "deprecated"} & set(each.flags)):
            return each.address
    raise CannotMeasure(f"{node.name} has no usable IPv{family} address")


def between(lab: Lab, plan: Plan, sources: Sequence[str], targets: Sequence[str]) -> tuple[Flow, ...]:
    """Every way between ``sources`` and ``targets`` in the families that both ends' LANs have at the stage."""
    return tuple(
        Flow(f"{one} → {other}", lab.node(one), family, usable(lab.node(other), family), lab.node(other), PORT)
        for family in FAMILIES
        for one in sources
        for other in targets
        if all(family in derive.families_of(plan, each, lab.stage) for each in (one, other))
    )


def planned(
    lab: Lab, plan: Plan, pairs: Sequence[tuple[Sequence[str], Sequence[str]]], families: Sequence[Family]
) -> tuple[tuple[Flow, ...], tuple[Family, ...]]:
    """The flows between several sources and targets, and those of ``families`` that any of them is in."""
    found = tuple(flow for pair in pairs for flow in between(lab, plan, *pair))
    return found, tuple(each for each in families if any(flow.family == each for flow in found))


def is_probe(frame: bytes) -> bool:
    """Whether a frame is a packet of the continuity probe."""
    return frame[-PACKET.size : -PACKET.size + len(MARK)] == MARK


def seen_on(capture: Capture, since: float, places: Sequence[Place] = ()) -> set[Crossing]:
    """The probe's packets that passed at one of these interfaces, or at any."""
    return {
        (PACKET.unpack(packet.data[-PACKET.size :])[1], packet.outgoing)
        for packet in capture.packets(since)
        if not places or (packet.node, packet.device) in places
    }


def ways_of(result: FlowResult) -> Iterator[tuple[bool, Way]]:
    """Both directions of a flow with their losses; true is outbound."""
    for outgoing, way in ((True, result.there), (False, result.back)):
        losses = tuple(Loss(gap.began, gap.ms) for gap in way.gaps)
        yield outgoing, Way(result.name, result.family, DIRECTIONS[outgoing], losses)
