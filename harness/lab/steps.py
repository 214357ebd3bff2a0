"""In which order a change goes round: what protects comes first, what people are told comes last. Pure.

Forward, a new family is fenced before it is there, there before anything answers on it, answered before it is let in,
and let in before hosts and names speak of it; resolvers ask in it when the world knows the way back. Backward, when it
is taken away, it is unsaid first. (RFC 7381 section 2.6 and 4; a name that is published before its service listens, and
a server that is asked before its answer finds back, is what makes people wait.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.lab.node_change import NodeChange
from harness.lab.old_ways import leaves_inner_bgp, with_ways_of
from harness.lab.reload import Service
from harness.lab.silent_sessions import FILE, silent
from harness.render.diff import FileChange

FIREWALL_ROLE = "firewall"
"""The data centre's own firewalls: they let in. All other rules keep out (switches, gateways, edges)."""
FILTER = "10-nftables"
NAMES = "40-bind"
RESOLVER = "42-unbound"
ROUTING = "30-frr"
SPEAKERS_ROLE = "edge"
"""The province's own borders. What ISPs announce is their business."""
FORWARD_ZONES = "forward zones"
OLD_WAYS = "old ways: what BGP has taken the place of"
INNER = "inner routers: their BGP goes before that of the borders"
PATHS = ("20-network", ROUTING)
DNS64 = "etc/unbound/unbound-dns64.conf"
DOORS = "doors that open: whom DNS64 serves"
CLOSED = "doors that close: whom DNS64 serves no more"
ANNOUNCEMENTS = "announcements: what new BGP sessions say"
HOSTS = ("52-radvd", "54-kea-dhcp4", "55-kea-dhcp6")
"""What tells hosts their addresses, routers and resolvers."""
ASKING = "80-dhcpcd"
MACHINES = "machines: hosts that start anew"
"""Whatever the way, hosts ask when those who answer have been changed."""


@dataclass(frozen=True, slots=True)
class SubAction:
    """One part of a change, on all nodes that it concerns at once."""

    name: str
    nodes: tuple[NodeChange, ...]


Belongs = Callable[[str, Service, FileChange], bool]

ORDER: tuple[tuple[str, Belongs], ...] = (
    (
        "fences: filters of switches, gateways and borders",
        lambda role, at, _: at.name == FILTER and role != FIREWALL_ROLE,
    ),
    ("paths: addresses and routing", lambda role, at, _: at.name in PATHS),
    (DOORS, lambda role, at, file: file.path == DNS64),
    ("services: what listens", lambda role, at, file: _serves(at) or (at.name == NAMES and not _zone(file))),
    ("openings: the data centre's firewalls", lambda role, at, _: at.name == FILTER),
    ("resolvers: whom they ask and answer", lambda role, at, _: at.name == RESOLVER),
    ("hosts: advertisements and leases", lambda role, at, _: at.name in HOSTS),
    (MACHINES, lambda role, at, _: at.name == ASKING),
    ("reverse zones", lambda role, at, file: at.name == NAMES and _reverse(file)),
    (FORWARD_ZONES, lambda role, at, _: at.name == NAMES),
)


def _serves(service: Service) -> bool:
    return service.name not in (FILTER, NAMES, RESOLVER, *PATHS, *HOSTS, ASKING)


def _zone(file: FileChange) -> bool:
    return file.path.startswith(("etc/bind/zones/", "etc/bind/keys/"))


def _reverse(file: FileChange) -> bool:
    return "arpa" in file.path or "reverse" in file.path


def order(change: tuple[NodeChange, ...], roles: dict[str, str], *, backward: bool) -> tuple[SubAction, ...]:
    """The sub-actions of a change, in order, without those that concern nobody.

    Each file goes with the first sub-action that wants it for one of its services; what no daemon holds in memory (a
    resolv.conf) goes before the hosts.
    """
    left = {each.node: list(each.files) for each in change}
    found = []
    for name, belongs in (*ORDER, ("the rest", lambda role, at, file: True)):
        parts = [_part(each, roles[each.node], belongs, left[each.node]) for each in change]
        found.append(SubAction(name, tuple(part for part in parts if part)))
    loose = [replace(each, files=tuple(left[each.node]), reloaded=(), ended=()) for each in change if left[each.node]]
    found = _ways_come_before(found) if backward else _ways_go_after(_silent_first(found, roles))
    hosts = next(index for index, each in enumerate(found) if each.name.startswith("hosts"))
    found.insert(hosts, SubAction("files that are read when they are used", tuple(loose)))
    return tuple(each for each in _doors(_backward(found) if backward else found) if each.nodes)


def _backward(found: list[SubAction]) -> list[SubAction]:
    machines = next(each for each in found if each.name == MACHINES)
    turned = [each for each in reversed(found) if each is not machines]
    hosts = next(index for index, each in enumerate(turned) if each.name.startswith("hosts"))
    return [*turned[: hosts + 1], machines, *turned[hosts + 1 :]]


def _doors(found: list[SubAction]) -> list[SubAction]:
    """The same sub-actions, but whatever the way, DNS64 serves whom hosts are sent there, and as long as they are."""
    doors = next(each for each in found if each.name == DOORS)
    closing = tuple(each for each in doors.nodes if any(_closes(file) for file in each.files))
    opening = tuple(each for each in doors.nodes if each not in closing)
    rest = [each for each in found if each is not doors]
    hosts = next(index for index, each in enumerate(rest) if each.name.startswith("hosts"))
    told = next(index for index, each in enumerate(rest) if each.name == MACHINES) + 1
    return [*rest[:hosts], SubAction(DOORS, opening), *rest[hosts:told], SubAction(CLOSED, closing), *rest[told:]]


def _closes(file: FileChange) -> bool:
    """Whether a file only loses lines."""
    old, new = (set(side.content.splitlines()) if side else set() for side in (file.old, file.new))
    return new < old


def _silent_first(found: list[SubAction], roles: dict[str, str]) -> list[SubAction]:
    """The same sub-actions, but new BGP sessions of the borders say nothing until all is open that they lead to."""
    spoken = []
    for index, action in enumerate(found):
        quiet = {each.node: _quiet(each) for each in action.nodes if roles[each.node] == SPEAKERS_ROLE}
        spoken += [_only_routing(each) for each in action.nodes if quiet.get(each.node)]
        found[index] = replace(action, nodes=tuple(quiet.get(each.node) or each for each in action.nodes))
    openings = next(index for index, each in enumerate(found) if each.name.startswith("openings"))
    return [*found[: openings + 1], SubAction(ANNOUNCEMENTS, tuple(spoken)), *found[openings + 1 :]]


def _quiet(change: NodeChange) -> NodeChange | None:
    """The change with sessions that announce nothing; ``None`` if it brings none."""
    new, old = _sides(change)
    return _rewritten(change, silent(old, new) if new else None)


def _ways_go_after(found: list[SubAction]) -> list[SubAction]:
    """The same sub-actions, but a router that gets BGP keeps its other ways until all of BGP is there."""
    last: dict[str, NodeChange] = {}
    for index, action in enumerate(found):
        kept = {each.node: _rewritten(each, with_ways_of(*_sides(each))) for each in action.nodes}
        last |= {each.node: _only_routing(each) for each in action.nodes if kept[each.node]}
        found[index] = replace(action, nodes=tuple(kept[each.node] or each for each in action.nodes))
    spoken = next(index for index, each in enumerate(found) if each.name == ANNOUNCEMENTS)
    return [*found[: spoken + 1], SubAction(OLD_WAYS, tuple(last.values())), *found[spoken + 1 :]]


def _ways_come_before(found: list[SubAction]) -> list[SubAction]:
    """The sub-actions of the way back, the last one to be done first: other ways come before BGP goes."""
    first, then = [], []
    for each in (each for action in found for each in action.nodes):
        new, old = _sides(each)
        if both := _rewritten(each, with_ways_of(old, new)):
            first.append(_only_routing(both))
        if new and leaves_inner_bgp(old, new):
            then.append(_only_routing(each))
    return [*found, SubAction(INNER, tuple(then)), SubAction(OLD_WAYS, tuple(first))]


def _sides(change: NodeChange) -> tuple[str, str]:
    """A router's configuration, new and old; empty where it has none or keeps it."""
    return change.text("new", FILE), change.text("old", FILE)


def _rewritten(change: NodeChange, text: str | None) -> NodeChange | None:
    """The change with another text of the routing daemons; ``None`` without one."""
    file = next((each for each in change.files if each.path == FILE), None)
    if file is None or file.new is None or text is None:
        return None
    other = replace(file, new=replace(file.new, content=text.encode()))
    return replace(change, files=tuple(other if each is file else each for each in change.files))


def _only_routing(change: NodeChange) -> NodeChange:
    """Of a change what routing daemons read as a last word."""
    return replace(
        change,
        files=tuple(each for each in change.files if each.path == FILE),
        reloaded=tuple(each for each in change.reloaded if each.name == ROUTING),
        ended=(),
    )


def _part(whole: NodeChange, role: str, belongs: Belongs, left: list[FileChange]) -> NodeChange | None:
    """What of a node's change belongs to a sub-action; its files are taken from ``left``."""
    wants = {
        service: [file for file in left if service.concerned(file.path) and belongs(role, service, file)]
        for service in (*whole.reloaded, *whole.ended)
    }
    files = [file for file in left if any(file in wanted for wanted in wants.values())]
    for file in files:
        left.remove(file)
    if not files:
        return None
    concerned = [service for service, wanted in wants.items() if wanted]
    return replace(
        whole,
        files=tuple(files),
        reloaded=tuple(service for service in whole.reloaded if service in concerned),
        ended=tuple(service for service in whole.ended if service in concerned),
    )
