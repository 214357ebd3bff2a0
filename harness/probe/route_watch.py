"""Whether routing is still moving: what nodes' kernels announce of their forwarding tables, as it happens."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from types import TracebackType

from harness.errors import CannotMeasure
from harness.node import Node
from harness.probe.namespace import open_in

NETLINK_ROUTE = 0
RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_ROUTE = 0x40, 0x400
"""Multicast groups of include/uapi/linux/rtnetlink.h."""


class RouteWatch:
    """Hears every change of a route on the nodes that it was opened for, in both families, until it is left.

    Nothing is sent, and a node that dies is heard no more. Events wait in the kernel until ``quiet_for`` looks.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._sockets: dict[str, socket.socket] = {}
        self._last: tuple[str, float] = ("nothing yet", time.monotonic())
        try:
            for node in nodes:
                self._sockets[node.name] = open_in(node, _listen)
        except CannotMeasure:
            self.close()
            raise

    def __enter__(self) -> RouteWatch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Listen no more."""
        for each in self._sockets.values():
            each.close()
        self._sockets.clear()

    def quiet_for(self) -> tuple[float, str]:
        """Seconds since a route last changed anywhere (since opening, if none did), and the node where it was."""
        for node, each in self._sockets.items():
            if _drain(each):
                self._last = (node, time.monotonic())
        node, at = self._last
        return time.monotonic() - at, node


def _listen() -> socket.socket:
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_ROUTE)
    opened.bind((0, RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE))
    opened.setblocking(False)
    return opened


def _drain(heard: socket.socket) -> bool:
    """Whether anything was announced since the last look. An overrun (ENOBUFS) is something too."""
    anything = False
    while True:
        try:
            heard.recv(65536)
        except BlockingIOError:
            return anything
        except OSError:
            return True
        anything = True
