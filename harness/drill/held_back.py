"""News that a neighbour may hold back: a lab with a young session may look at rest and not be."""

from __future__ import annotations

import time

from harness.errors import CannotMeasure
from harness.lab.lab import Lab
from harness.node import Node
from harness.probe.frr import daemons, frr
from harness.probe.session_watch import COMMAND, ESTABLISHED, TABLES

HELD_BACK_SECONDS = 32.0
"""A neighbour may hold its news back for 30 s after a session has come up (RFC 4271 section 9.2.1.1 and 10,
MinRouteAdvertisementIntervalTimer)."""


def newest_session(lab: Lab) -> float | None:
    """When (monotonic) the youngest BGP session of the lab came up; ``None`` if there is none."""
    ages = [age for node in lab.nodes.values() if "bgpd" in daemons(node) for age in _ages(node)]
    return time.monotonic() - min(ages) if ages else None


def _ages(node: Node) -> list[float]:
    try:
        answer = frr(None, node, "bgpd", COMMAND)
    except CannotMeasure:
        return []
    peers = [peer for table in TABLES for peer in answer.get(table, {}).get("peers", {}).values()]
    return [peer["peerUptimeMsec"] / 1000 for peer in peers if peer.get("state") == ESTABLISHED]
