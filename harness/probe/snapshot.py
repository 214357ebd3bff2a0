"""What nodes hold, as sets that can be compared: addresses, routes, neighbours, rules, sockets, daemons, sessions."""

from __future__ import annotations

import ipaddress
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import Family
from harness.node import Node
from harness.probe import route
from harness.probe.alive import alive
from harness.probe.fading import DYNAMIC, lasting
from harness.probe.frr import daemons, frr
from harness.probe.kernel import AddressState, NeighbourState, RouteState
from harness.probe.listening import listening
from harness.probe.rules import rules

Snapshot = Mapping[str, frozenset[str]]
"""``node subject`` → everything that the node holds of it, each as one line."""
FAMILIES: tuple[Family, ...] = (4, 6)
BAD_NEIGHBOUR = ("failed", "incomplete")
SOUGHT_SECONDS = 5.0
"""An entry that has failed longer ago than this is of a neighbour that nobody asks for any more: whoever still wants it
asks again at least every few seconds, and the kernel throws such entries away only when it has many."""
VOLATILE = {"handle", "packets", "bytes", "index"}
"""What changes in a rule set while nobody touches it."""
ADJACENCIES = {
    "ospfd": "show ip ospf neighbor json",
    "ospf6d": "show ipv6 ospf6 neighbor json",
    "bgpd": "show bgp summary json",
    "bfdd": "show bfd peers json",
}


UNANSWERED = "neighbours without an answer"
"""A subject whose lines come by themselves, when somebody asks for a neighbour in vain, and go again."""


def take(history: History | None, nodes: Iterable[Node], workers: int = 4) -> Snapshot:
    """Read all ``nodes``, some side by side. Raises ``CannotMeasure`` if one is gone."""
    with ThreadPoolExecutor(workers, thread_name_prefix="snapshot") as pool:
        found = [item for each in pool.map(_node, nodes) for item in each.items()]
    if history is not None:
        history.append("probe.snapshot", "", {"subjects": len(found), "lines": sum(len(lines) for _, lines in found)})
    return dict(found)


def _node(node: Node) -> Snapshot:
    found: dict[str, frozenset[str]] = {}
    unused: set[str] = set()
    for family in FAMILIES:
        here = f"{node.name} IPv{family}"
        held = route.addresses(None, node, family)
        addresses, routes = lasting(held, route.routes(None, node, family))
        unused |= {each.address for each in held} - {each.address for each in addresses}
        found[f"{here} addresses"] = frozenset(map(address_line, addresses))
        found[f"{here} routes"] = frozenset(map(route_line, routes))
        bad = (each for each in route.neighbours(None, node, family) if sought(each))
        found[f"{here} {UNANSWERED}"] = frozenset(map(neighbour_line, bad))
    found[f"{node.name} sockets"] = frozenset(each for each in listening(node) if not _on(each, unused))
    found[f"{node.name} daemons"] = alive(node)
    found[f"{node.name} rules"] = frozenset(counted(map(rule_line, rules(None, node))))
    for daemon in daemons(node):
        if command := ADJACENCIES.get(daemon):
            found[f"{node.name} {daemon} sessions"] = frozenset(_sessions(node, daemon, command))
    return found


def _sessions(node: Node, daemon: str, command: str) -> Iterable[str]:
    try:
        return session_lines(daemon, frr(None, node, daemon, command))
    except CannotMeasure as error:
        if isinstance(error.__cause__, ValueError):  # a daemon that runs and is not configured answers nothing at all
            return ()
        raise


def _on(socket: str, unused: Iterable[str]) -> bool:
    """Whether a socket is on an address that its node holds and uses no more: nobody asks there."""
    return any(f"[{each}]" in socket for each in unused)


def address_line(address: AddressState) -> str:
    """An address without what is left of its lifetimes. Of a lease in IPv4 its network counts: which address of it a host
    gets is decided by which of two servers answers first."""
    held = f"{address.address}/{address.prefix_length}"
    if address.family == 4 and DYNAMIC in address.flags:
        held = f"a lease of {ipaddress.ip_interface(held).network}"
    return f"{held} on {address.device} {' '.join(sorted(address.flags))}".strip()


def route_line(found: RouteState) -> str:
    """A route with the set of its ways on."""
    hops = sorted(f"{hop.gateway or 'direct'}%{hop.device}{' dead' * ('dead' in hop.flags)}" for hop in found.next_hops)
    kind = "" if found.kind == "unicast" else f"{found.kind} "
    return f"{kind}{found.destination} via {', '.join(hops) or 'nothing'} ({found.protocol}, metric {found.metric})"


def sought(neighbour: NeighbourState) -> bool:
    """Whether somebody asks for a neighbour in vain."""
    return neighbour.state in BAD_NEIGHBOUR and neighbour.age <= SOUGHT_SECONDS


def neighbour_line(neighbour: NeighbourState) -> str:
    """A neighbour that does not answer."""
    return f"{neighbour.address} on {neighbour.device}"


def rule_line(rule: Mapping[str, Any]) -> str:
    """An object of a rule set without its counters and handle; elements that packets put into a set are left out."""
    return json.dumps(_lasting(rule), sort_keys=True)


def counted(lines: Iterable[str]) -> Iterable[str]:
    """Lines of which one that has come before says how often: a rule that is there twice is not what it was."""
    seen: Counter[str] = Counter()
    for line in lines:
        seen[line] += 1
        yield line if seen[line] == 1 else f"{line} ({seen[line]} times)"


def _lasting(value: Any) -> Any:
    if isinstance(value, Mapping):
        dynamic = "dynamic" in (value.get("flags") or ())
        return {
            key: _lasting(each)
            for key, each in value.items()
            if key not in VOLATILE and not (dynamic and key == "elem")
        }
    return [_lasting(each) for each in value] if isinstance(value, list) else value


def session_lines(daemon: str, answer: Any) -> Iterable[str]:
    """Neighbours and the state of each, out of the JSON of an FRR daemon."""
    if daemon == "bfdd":
        return [f"{each.get('peer')} on {each.get('interface', 'any')}: {each.get('status')}" for each in answer]
    if daemon == "bgpd":
        return [
            f"{family} {peer}: {each.get('state')}, {each.get('pfxRcd')} received"
            for family, table in answer.items()
            if isinstance(table, Mapping)
            for peer, each in table.get("peers", {}).items()
        ]
    if daemon == "ospfd":
        return [
            f"{router} on {each.get('ifaceName')}: {str(each.get('nbrState')).partition('/')[0]}"
            for router, neighbours in answer.get("neighbors", {}).items()
            for each in neighbours
        ]
    return [
        f"{each.get('neighborId')} on {each.get('interfaceName')}: {each.get('state')}"
        for each in answer.get("neighbors", [])
    ]
