"""How often BGP sessions were lost and how long they have been up, as their routers count it: exact, and cheap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import CannotMeasure
from harness.history.seen import Family
from harness.node import Node
from harness.probe.frr import daemons, frr
from harness.probe.session_watch import COMMAND, ESTABLISHED, TABLES


@dataclass(frozen=True, slots=True)
class Age:
    """A session: whether it is established, how often it was lost since its configuration, seconds since it came up
    (0 while it is down)."""

    up: bool
    lost: int
    age_s: float


def ages(nodes: Iterable[Node]) -> dict[tuple[str, Family, str], Age]:
    """(router, family, peer's address) → its session, of all routers with BGP. A router whose daemon does not answer
    has none: a stage without BGP ends the daemon, and its socket stays."""
    return {
        (node.name, family, peer): age
        for node in nodes
        if "bgpd" in daemons(node)
        for (family, peer), age in _of(node).items()
    }


def _of(node: Node) -> dict[tuple[Family, str], Age]:
    try:
        return read(frr(None, node, "bgpd", COMMAND))
    except CannotMeasure:
        return {}


def read(answer: Mapping[str, Any]) -> dict[tuple[Family, str], Age]:
    """The sessions in the answer to ``show bgp summary json``."""
    return {
        (family, peer): _age(each)
        for table, family in TABLES.items()
        for peer, each in answer.get(table, {}).get("peers", {}).items()
    }


def _age(peer: Mapping[str, Any]) -> Age:
    up = peer.get("state") == ESTABLISHED
    return Age(up, int(peer.get("connectionsDropped", 0)), peer.get("peerUptimeMsec", 0) / 1000 if up else 0.0)
