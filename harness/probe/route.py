"""What a node's kernel holds: links, addresses, routes and neighbours, read over netlink in its namespace."""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from harness.history.history import History
from harness.history.seen import PREFIX, Family
from harness.node import Node
from harness.probe.address import socket_family
from harness.probe.kernel import (
    AF_TO_FAMILY,
    AddressState,
    LinkState,
    NeighbourState,
    RouteState,
    parse_address,
    parse_link,
    parse_neighbour,
    parse_route,
)
from harness.probe.namespace import open_in
from harness.probe.netlink import RTM_GETADDR, RTM_GETLINK, RTM_GETNEIGH, RTM_GETROUTE, dump

KIND = "route"
MAIN_TABLE = 254
EVERYWHERE: Mapping[Family, str] = {4: "0.0.0.0/0", 6: "::/0"}
"""The destination of a default route."""


def links(history: History | None, node: Node) -> tuple[LinkState, ...]:
    """All interfaces of ``node``.

    Here and below: what was read is also written to ``history`` as one event, unless that is ``None`` (for a
    condition that is polled); raises ``CannotMeasure`` if the node is gone.
    """
    found = tuple(parse_link(message.payload) for message in dump(node, RTM_GETLINK, bytes(16)))
    _record(history, node, "links", found)
    return found


def addresses(history: History | None, node: Node, family: Family) -> tuple[AddressState, ...]:
    """All addresses of ``family`` with their flags (tentative, dadfailed, dynamic …) and lifetimes."""
    body = struct.pack("=BBBBI", socket_family(family), 0, 0, 0, 0)
    devices = _devices(node)
    found = tuple(parse_address(message.payload, devices) for message in dump(node, RTM_GETADDR, body))
    _record(history, node, "addresses", found, family)
    return found


def routes(
    history: History | None, node: Node, family: Family, table: int | None = MAIN_TABLE
) -> tuple[RouteState, ...]:
    """The forwarding table: routes of ``family`` in ``table`` (``None``: in all tables)."""
    body = struct.pack("=BBBBBBBBI", socket_family(family), 0, 0, 0, 0, 0, 0, 0, 0)
    devices = _devices(node)
    every = (parse_route(message.payload, devices) for message in dump(node, RTM_GETROUTE, body))
    found = tuple(route for route in every if table is None or route.table == table)
    _record(history, node, "routes", found, family)
    return found


def neighbours(history: History | None, node: Node, family: Family) -> tuple[NeighbourState, ...]:
    """The ARP or ND table."""
    body = struct.pack("=BxxxiHBB", socket_family(family), 0, 0, 0, 0)
    devices = _devices(node)
    messages = dump(node, RTM_GETNEIGH, body)
    found = tuple(parse_neighbour(each.payload, devices) for each in messages if each.payload[0] in AF_TO_FAMILY)
    _record(history, node, "neighbours", found, family)
    return found


def _devices(node: Node) -> Mapping[int, str]:
    return dict(open_in(node, socket.if_nameindex))


def _record(history: History | None, node: Node, what: str, found: Sequence[Any], family: Family | None = None) -> None:
    if history is None:
        return
    data = {"family": family, "asked": {"what": what}, "answer": "reply", "by": node.name}
    history.append(PREFIX + KIND, node.name, {**data, "data": {what: [_fields(each) for each in found]}, "raw": ""})


def _fields(found: Any) -> dict[str, Any]:
    """As ``dataclasses.asdict``, which takes ten times as long."""
    fields = {name: getattr(found, name) for name in found.__slots__}
    if "next_hops" in fields:
        fields["next_hops"] = [_fields(each) for each in fields["next_hops"]]
    return fields
