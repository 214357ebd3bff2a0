"""What happens to a node's interfaces, as its kernel announces it: carrier, IPv6 addresses and routes, each with its time."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import TracebackType

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import PREFIX
from harness.node import Node
from harness.probe import route
from harness.probe.kernel import (
    AddressState,
    LinkState,
    RouteState,
    of_a_bridge,
    parse_address,
    parse_link,
    parse_route,
)
from harness.probe.namespace import open_in
from harness.probe.netlink import Message, split
from harness.wait import Deadline

KIND = "interface"
RTMGRP_LINK, RTMGRP_IPV6_IFADDR, RTMGRP_IPV6_ROUTE = 0x1, 0x100, 0x400
"""Multicast groups of include/uapi/linux/rtnetlink.h."""
RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE, RTM_DELROUTE = 16, 17, 20, 21, 24, 25
GONE = (RTM_DELLINK, RTM_DELADDR, RTM_DELROUTE)
RECEIVE = 1 << 16
RECEIVE_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Change:
    """One announcement, ``at`` CLOCK_MONOTONIC seconds; ``gone``: what it speaks of is no longer there."""

    at: float
    gone: bool
    state: LinkState | AddressState | RouteState


class InterfaceWatch:
    """Hears every change on one node from ``with`` to its end; what was heard is written to the history then."""

    def __init__(self, history: History, node: Node) -> None:
        self.history, self.node = history, node
        self.changes: list[Change] = []
        self._devices = {link.index: link.device for link in route.links(None, node)}

    def __enter__(self) -> InterfaceWatch:
        self._socket = open_in(self.node, _listen)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()
        heard = [{"at": each.at, "gone": each.gone, "state": asdict(each.state)} for each in self.changes]
        data = {"family": None, "asked": {"what": "changes"}, "answer": "reply", "by": self.node.name}
        self.history.append(PREFIX + KIND, self.node.name, {**data, "data": {"changes": heard}, "raw": ""})

    def until(self, wanted: Callable[[Change], bool], deadline: Deadline, since: float = 0.0) -> Change | None:
        """The first change at or after ``since`` that ``wanted`` accepts, heard already or still to come; ``None`` when
        the deadline has passed."""
        looked = 0
        while True:
            for change in self.changes[looked:]:
                if change.at >= since and wanted(change):
                    return change
            looked = len(self.changes)
            if not self._hear(deadline):
                return None

    def _hear(self, deadline: Deadline) -> bool:
        if not select.select([self._socket], [], [], deadline.left)[0]:
            return False
        at = time.monotonic()
        try:
            data = self._socket.recv(RECEIVE)
        except OSError as error:  # ENOBUFS: something was announced that nobody heard
            raise CannotMeasure(f"announcements of node {self.node.name} were lost: {error}") from error
        found = (self._change(at, message) for message in split(data))
        self.changes += [each for each in found if each is not None]
        return True

    def _change(self, at: float, message: Message) -> Change | None:
        gone = message.type in GONE
        if message.type in (RTM_NEWLINK, RTM_DELLINK):
            return None if of_a_bridge(message.payload) else Change(at, gone, parse_link(message.payload))
        if message.type in (RTM_NEWADDR, RTM_DELADDR):
            return Change(at, gone, parse_address(message.payload, self._devices))
        if message.type in (RTM_NEWROUTE, RTM_DELROUTE):
            return Change(at, gone, parse_route(message.payload, self._devices))
        return None


def _listen() -> socket.socket:
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    opened.bind((0, RTMGRP_LINK | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE))
    return opened
