"""Routing of somebody's topology has settled: FRR itself says what is configured, and what has not come about yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from harness.lab.conditions.nodes import ENTRY_POINT, started
from harness.lab.lab import Lab
from harness.node import Node
from harness.probe.frr import daemons, frr
from harness.wait import Condition

DAEMONS = Path("etc/frr/daemons")
SETTLED = ("Full", "2-Way", "Twoway")
"""Neighbour states that last: on a network of many only some become Full (RFC 2328 section 10.4)."""


def conditions(lab: Lab) -> Iterator[Condition]:
    """One a node; on a node without FRR it holds at once."""
    for name in lab.nodes:
        yield Condition(f"routing {name}", partial(_unsettled, lab, name))


def _unsettled(lab: Lab, name: str) -> str | None:
    node = lab.node(name)
    announces = lab.topology.nodes[name].entrypoint is None and (node.root / ENTRY_POINT).exists()
    if announces and not started(node):
        return "the node has not started"
    running = daemons(node)
    if not running:
        return None if not enabled(_read(node)) or not _is_used(node) else "FRR has not started"
    if silent := [each for each in enabled(_read(node)) if each not in running]:
        return f"{', '.join(silent)} has not started"
    for daemon, question in (("bgpd", _bgp), ("ospfd", _ospf), ("ospf6d", _ospf6)):
        if daemon in running and (why := question(node)):
            return why
    return None


def _read(node: Node) -> str:
    try:
        return (node.root / DAEMONS).read_text(errors="replace")
    except OSError:
        return ""


def _is_used(node: Node) -> bool:
    """An image may bring FRR along without anybody starting it."""
    return (node.root / DAEMONS.with_name("frr.conf")).exists()


def enabled(text: str) -> tuple[str, ...]:
    """The daemons that ``/etc/frr/daemons`` switches on."""
    return tuple(re.findall(r"^\s*([a-z0-9]+d)=[\"']?yes\b", text, re.MULTILINE))


def _bgp(node: Node) -> str | None:
    waiting = unestablished(frr(None, node, "bgpd", "show bgp neighbors json"))
    return f"BGP not established with {', '.join(waiting)}" if waiting else None


def unestablished(neighbours: Any) -> list[str]:
    """The neighbours in bgpd's JSON whose session is to come up and has not."""
    return [
        peer
        for peer, seen in neighbours.items()
        if isinstance(seen, dict) and seen.get("bgpState", "Established") != "Established"
        if not seen.get("adminShutDown")
    ]


def _ospf(node: Node) -> str | None:
    interfaces = frr(None, node, "ospfd", "show ip ospf interface json").get("interfaces", {})
    if waiting := [name for name, seen in interfaces.items() if seen.get("state") == "Waiting"]:
        return f"OSPF waits for a designated router on {', '.join(waiting)}"
    found = frr(None, node, "ospfd", "show ip ospf neighbor json").get("neighbors", {})
    return _neighbours(
        (str(each.get("nbrState") or each.get("state")), key) for key, all_ in found.items() for each in all_
    )


def _ospf6(node: Node) -> str | None:
    interfaces = frr(None, node, "ospf6d", "show ipv6 ospf6 interface json")
    if waiting := [
        name
        for name, seen in interfaces.items()
        if isinstance(seen, dict) and seen.get("ospf6InterfaceState") == "Waiting"
    ]:
        return f"OSPFv3 waits for a designated router on {', '.join(waiting)}"
    found = frr(None, node, "ospf6d", "show ipv6 ospf6 neighbor json").get("neighbors", [])
    return _neighbours((str(each.get("state")), str(each.get("neighborId"))) for each in found)


def _neighbours(found: Iterator[tuple[str, str]]) -> str | None:
    waiting = [f"{name} is {state}" for state, name in found if not state.startswith(SETTLED)]
    return f"OSPF neighbour {', '.join(waiting)}" if waiting else None
