"""The process that sends and receives the packets of a continuity probe: nothing else runs in it, so nothing is late.

It is started as ``python -m harness.probe.continuity_worker``, gets its orders as lines of JSON on its standard input
and ends with it. First line: ``{"interval", "flows", "responders", "pids"}``; then it says ``{"ready", "realtime"}``.
Later lines: ``{"pid": {node: pid or null}}`` for a node that came back or went, ``{"stop": seconds of grace}``.
Its last line is ``{"flows": [{"first", "states", "unsent"}], "late"}``: when a flow's first packet was due, one byte a
number in base64, and how many were late by so many steps of ten microseconds.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import gc
import json
import os
import select
import socket
import struct
import sys
import time
from array import array
from typing import Any

from harness.errors import HarnessError
from harness.node import Node
from harness.probe.address import sockaddr, socket_family
from harness.probe.continuity_result import BACK, LATE_STEP, LATE_STEPS, SENT_BACK, THERE, TICK
from harness.probe.namespace import open_in

PACKET = struct.Struct("!4sIQ")
"""A mark, the flow's index, the packet's number."""
MARK = b"v6lc"
FIFO_PRIORITY = 10
CLOCK_MONOTONIC, TFD_NONBLOCK, TFD_CLOEXEC = 1, 0o4000, 0o2000000
BUFFER = 4 << 20
SO_RCVBUFFORCE = 33


class _Flow:
    """One flow: its socket in the source, whence its packets come for the target, and one byte a number."""

    def __init__(self, index: int, order: dict[str, Any]) -> None:
        self.index, self.order = index, order
        self.sock: socket.socket | None = None
        self.peer: Any = None
        self.states = bytearray()
        self.unsent = 0


class _Worker:
    """All flows of one probe, their responders and the clock."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.interval: float = order["interval"]
        self.pids: dict[str, int | None] = order["pids"]
        self.flows = [_Flow(index, each) for index, each in enumerate(order["flows"])]
        self.responders: list[dict[str, Any]] = order["responders"]
        self.poll = select.epoll()
        self.by_descriptor: dict[int, tuple[socket.socket, bool]] = {}  # the flag: it is a responder
        self.processes: dict[int, str] = {}  # nodes by the pidfd of their first process
        self.late = array("Q", bytes(8 * LATE_STEPS))
        self.began = 0.0
        self.under_way = 0
        self.slots = max(1, round(self.interval / TICK))
        self.tick = 0
        self.stop_at: float | None = None
        self.input = b""
        self.open()

    def open(self, node: str | None = None) -> None:
        """Open the sockets of all nodes, or of one that came back."""
        for name in self.pids if node is None else (node,):
            self.guard(name)
        for responder in self.responders:
            if node in (None, responder["node"]):
                self.replace(responder.get("sock"))
                responder["sock"] = self.bound(responder)
        for flow in self.flows:
            if node in (None, flow.order["source"]):
                self.replace(flow.sock)
                flow.sock = self.connected(flow.order)

    def guard(self, name: str) -> None:
        """Hear of the death of a node's first process.

        A socket keeps its namespace, and the links in it, alive: one that stays open would hide the outage.
        """
        try:
            process = os.pidfd_open(self.pids[name] or 0)
        except OSError:  # gone already, as entering its namespace will show
            return
        self.processes[process] = name
        self.poll.register(process, select.EPOLLIN)

    def bury(self, process: int) -> None:
        self.poll.unregister(process)
        os.close(process)
        name = self.processes.pop(process)
        for responder in self.responders:
            if responder["node"] == name:
                self.replace(responder["sock"])
        for flow in self.flows:
            if flow.order["source"] == name:
                self.replace(flow.sock)

    def node(self, name: str) -> Node:
        pid = self.pids[name]
        return Node(name, "", "running" if pid else "stopped", pid)

    def bound(self, order: dict[str, Any]) -> socket.socket:
        def make() -> socket.socket:
            sock = self.fresh(order["family"])
            sock.bind(sockaddr(order["family"], order["address"], order["port"]))
            return sock

        return self.watch(open_in(self.node(order["node"]), make), True)

    def connected(self, order: dict[str, Any]) -> socket.socket:
        """Not connected in the sense of connect(2): a route that is missing at first must not matter later."""
        sock = open_in(self.node(order["source"]), lambda: self.fresh(order["family"]))
        return self.watch(sock, False)

    def fresh(self, family: Any) -> socket.socket:
        sock = socket.socket(socket_family(family), socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        return sock

    def watch(self, sock: socket.socket, responder: bool) -> socket.socket:
        self.poll.register(sock, select.EPOLLIN)
        self.by_descriptor[sock.fileno()] = sock, responder
        return sock

    def replace(self, sock: socket.socket | None) -> None:
        if sock and sock.fileno() >= 0:
            del self.by_descriptor[sock.fileno()]
            self.poll.unregister(sock)
            sock.close()

    def run(self) -> None:
        """Send and count until told to stop, and then until all has arrived or the grace is over."""
        timer = _timer(TICK)
        self.poll.register(timer, select.EPOLLIN)
        self.poll.register(sys.stdin.fileno(), select.EPOLLIN)
        self.began = time.monotonic()
        while self.stop_at is None or (time.monotonic() < self.stop_at and self.under_way):
            for descriptor, _ in self.poll.poll():
                if descriptor in self.by_descriptor:
                    self.receive(*self.by_descriptor[descriptor])
                elif descriptor in self.processes:
                    self.bury(descriptor)
                elif descriptor == timer:
                    with contextlib.suppress(BlockingIOError):
                        os.read(timer, 8)
                    self.send_due()
                else:
                    self.obey()
        os.close(timer)

    def send_due(self) -> None:
        """Send what is due by now, also what earlier ticks missed; each flow has its own tick in the interval."""
        now = time.monotonic()
        while self.stop_at is None and (due := self.began + self.tick * TICK) <= now:
            slot = self.tick % self.slots
            for flow in self.flows[slot :: self.slots]:
                self.send(flow, due)
            self.tick += 1

    def send(self, flow: _Flow, due: float) -> None:
        number = len(flow.states)
        flow.states.append(0)
        self.under_way += 1
        self.late[min(LATE_STEPS - 1, int((time.monotonic() - due) / LATE_STEP))] += 1
        order, packet = flow.order, PACKET.pack(MARK, flow.index, number)
        try:
            if flow.sock:
                flow.sock.sendto(packet, (order["address"], order["port"]))
        except OSError:  # no route, or the socket of a node that has gone
            flow.unsent += 1
        if flow.peer:
            self.send_back(flow, number, packet)

    def send_back(self, flow: _Flow, number: int, packet: bytes) -> None:
        """To whence the flow's last packet came, which a translator on the way may have changed since the first."""
        flow.states[number] |= SENT_BACK
        self.under_way += 1
        with contextlib.suppress(OSError):
            responder = self.responders[flow.order["responder"]]
            responder["sock"].sendto(packet, flow.peer)

    def receive(self, sock: socket.socket, responder: bool) -> None:
        try:
            data, peer = sock.recvfrom(64)
        except OSError:
            return
        if len(data) != PACKET.size or data[:4] != MARK:
            return
        _, index, number = PACKET.unpack(data)
        if index >= len(self.flows) or number >= len(self.flows[index].states):
            return
        flow, bit = self.flows[index], THERE if responder else BACK
        if not flow.states[number] & bit:
            flow.states[number] |= bit
            self.under_way -= 1
        if responder:
            flow.peer = peer

    def obey(self) -> None:
        data = os.read(sys.stdin.fileno(), 1 << 16)
        if not data:
            raise SystemExit  # whoever asked is gone
        *lines, self.input = (self.input + data).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if "stop" in order:
                self.stop_at = time.monotonic() + order["stop"]
            for name, pid in order.get("pid", {}).items():
                self.pids[name] = pid
                self.open_again(name)

    def open_again(self, name: str) -> None:
        if self.pids[name] is None:
            return
        with contextlib.suppress(HarnessError):  # its addresses are not back yet: we are told again
            self.open(name)
            _say({"opened": name})

    def result(self) -> dict[str, Any]:
        """The last line."""
        flows = [
            {
                "first": self.began + flow.index % self.slots * TICK,
                "states": base64.b64encode(flow.states).decode(),
                "unsent": flow.unsent,
            }
            for flow in self.flows
        ]
        return {"flows": flows, "late": self.late.tolist()}


def be_realtime() -> bool:
    """Ask for SCHED_FIFO, without which busy neighbours cost milliseconds; false where that is not allowed."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
    except OSError:
        return False
    return True


def _timer(period: float) -> int:
    """A timerfd that ticks every ``period`` seconds (``os.timerfd_create`` came with Python 3.13)."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor: int = libc.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)
    nanoseconds = int(period * 1e9)
    spec = struct.pack("=qqqq", 0, nanoseconds, 0, nanoseconds)
    if descriptor < 0 or libc.timerfd_settime(descriptor, 0, spec, None) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return descriptor


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run one probe as the module's text says."""
    first = b""
    while not first.endswith(b"\n"):  # byte by byte: nothing of the next line may be read here
        byte = os.read(sys.stdin.fileno(), 1)
        if not byte:
            return
        first += byte
    try:
        worker = _Worker(json.loads(first))
    except HarnessError as error:
        _say({"error": str(error)})
        return
    gc.disable()
    _say({"ready": True, "realtime": be_realtime()})
    worker.run()
    _say(worker.result())


if __name__ == "__main__":
    main()
