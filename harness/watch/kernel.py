"""What the kernels of all nodes announce: carriers that come and go, processes that end, routes that move."""

from __future__ import annotations

import errno
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from harness.errors import HarnessError
from harness.node import Node
from harness.probe import route
from harness.probe.interface_watch import RTM_DELLINK, RTM_NEWLINK, RTMGRP_IPV6_ROUTE, RTMGRP_LINK
from harness.probe.kernel import of_a_bridge, parse_link
from harness.probe.namespace import open_in
from harness.probe.netlink import split
from harness.probe.route_watch import RTMGRP_IPV4_ROUTE
from harness.watch.seen import PortSeen

RECEIVE = 1 << 16
LOOK_SECONDS = 0.5
"""How long a pass waits for announcements before it asks whether it is to end."""
REST_SECONDS = 0.05
"""Routes move by the hundred: one waking stands for all of that time."""

What = Literal["links", "routes", "process"]


@dataclass(frozen=True, slots=True)
class _Heard:
    """A descriptor that is listened to, and whose it is."""

    node: str
    what: What
    socket: socket.socket | None = None


class KernelWatch:
    """Listens from the beginning of ``with`` to its end, on a thread of its own.

    ``tell`` hears of interfaces, ``moved`` of a router whose routes have moved, ``died`` of a node whose first process
    has ended. A socket keeps its namespace alive: those of such a node are closed at once, and opened again by
    ``listen`` when the node has another process.
    """

    def __init__(
        self,
        routers: Collection[str],
        ports: Collection[tuple[str, str]],
        tell: Callable[[PortSeen], None],
        moved: Callable[[str], None],
        died: Callable[[str], None],
    ) -> None:
        self._routers, self._ports = frozenset(routers), frozenset(ports)
        self._tell, self._moved, self._died = tell, moved, died
        self._heard: dict[int, _Heard] = {}
        self._pids: dict[str, int] = {}
        self._epoll = select.epoll()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch-kernel", daemon=True)

    def __enter__(self) -> KernelWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        with self._lock:
            for name in tuple(self._pids):
                self._forget(name)
        self._epoll.close()

    @property
    def alive(self) -> bool:
        """Whether it still listens."""
        return self._thread.is_alive()

    def listen(self, nodes: Mapping[str, Node]) -> None:
        """Listen to each running node that is not listened to yet, or not by its present process."""
        for name, node in nodes.items():
            with self._lock:
                if node.pid == self._pids.get(name):
                    continue
                self._forget(name)
                with suppress(HarnessError, OSError):  # it has just died: the next look finds it as it is then
                    self._add(node)

    def _add(self, node: Node) -> None:
        if not node.pid:
            return
        self._pids[node.name] = node.pid
        try:
            self._register(os.pidfd_open(node.pid), _Heard(node.name, "process"))
            self._open(node, "links", RTMGRP_LINK)
            if node.name in self._routers:
                self._open(node, "routes", RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE)
            links = route.links(None, node)
        except BaseException:
            self._forget(node.name)
            raise
        now = time.monotonic()
        for link in links:
            self._say(now, node.name, link.device, link.up and link.carrier)

    def _open(self, node: Node, what: What, groups: int) -> None:
        def listening() -> socket.socket:
            opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
            opened.setblocking(False)
            opened.bind((0, groups))
            return opened

        opened = open_in(node, listening)
        self._register(opened.fileno(), _Heard(node.name, what, opened))

    def _register(self, descriptor: int, heard: _Heard) -> None:
        self._heard[descriptor] = heard
        self._epoll.register(descriptor, select.EPOLLIN)

    def _forget(self, name: str) -> None:
        self._pids.pop(name, None)
        for descriptor in [each for each, heard in self._heard.items() if heard.node == name]:
            heard = self._heard.pop(descriptor)
            self._epoll.unregister(descriptor)
            if heard.socket:
                heard.socket.close()
            else:
                os.close(descriptor)

    def _run(self) -> None:
        while not self._ended.is_set():
            ready = self._epoll.poll(LOOK_SECONDS)
            for descriptor, _ in ready:
                self._hear(descriptor)
            if ready:
                self._ended.wait(REST_SECONDS / 2)

    def _hear(self, descriptor: int) -> None:
        with self._lock:
            heard = self._heard.get(descriptor)
            if heard is None:
                return
            if heard.what == "process":
                self._forget(heard.node)
                taken: list[bytes] = []
            else:
                assert heard.socket
                taken = _drained(heard.socket)
        if heard.what == "process":
            self._died(heard.node)
        elif heard.what == "routes":
            self._moved(heard.node)
        else:
            self._tell_links(heard.node, taken)

    def _tell_links(self, node: str, taken: list[bytes]) -> None:
        now = time.monotonic()
        for data in taken:
            for message in split(data):
                if message.type in (RTM_NEWLINK, RTM_DELLINK) and not of_a_bridge(message.payload):
                    link = parse_link(message.payload)
                    up = message.type == RTM_NEWLINK and link.up and link.carrier
                    self._say(now, node, link.device, up)
        if node in self._routers:
            self._moved(node)

    def _say(self, at: float, node: str, device: str, up: bool) -> None:
        if (node, device) in self._ports:
            self._tell(PortSeen(at, (node, device), up))


def _drained(sock: socket.socket) -> list[bytes]:
    """All that waits to be read. What did not fit (ENOBUFS) has been announced all the same: there is more to read."""
    taken: list[bytes] = []
    while True:
        try:
            taken.append(sock.recv(RECEIVE))
        except BlockingIOError:
            return taken
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                return taken
