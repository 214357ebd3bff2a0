"""Whether each main flow gets through now: an ICMP echo on each, many times a second, out of the nodes themselves.

No second continuity probe runs beside that of a drill: both would want the same ports, and a drill proves by its own
packets what they cross. An echo needs nothing at its target but the kernel. It is a picture, not evidence.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from harness.errors import HarnessError
from harness.history.seen import Family
from harness.node import Node
from harness.probe.address import sockaddr
from harness.probe.continuity import Flow
from harness.probe.icmp_socket import EchoOptions, open_icmp
from harness.probe.icmp_wire import echo_of_reply, echo_request, strip_ipv4
from harness.probe.namespace import open_in
from harness.watch.seen import FlowName, Passed
from harness.watch.strip import Passage

INTERVAL_SECONDS = 0.05
SLOTS = 5
"""Flows take turns within the interval: no burst is worth being noticed."""
PATIENCE_SECONDS = 0.1
"""Twenty round trips of the lab; the answer may lie unread for as long as this machine is busy, and counts."""
AGAIN_SECONDS = 1.0
"""So often a source whose sockets could not be opened is tried again."""
SIZE = 16
RECEIVE = 256


@dataclass(slots=True)
class Echoes:
    """The echoes of one flow: which are under way, and how the flow is known to go. Pure but for its memory."""

    name: FlowName
    passage: Passage = "unseen"
    _sent: deque[tuple[int, float]] = field(default_factory=deque)
    _answered: set[int] = field(default_factory=set)
    _number: int = 0

    def next(self, now: float) -> int:
        """The number of an echo that is sent now."""
        self._number = (self._number + 1) & 0xFFFF
        self._sent.append((self._number, now))
        return self._number

    def answered(self, number: int) -> None:
        """An answer has come."""
        if any(number == sent for sent, _ in self._sent):
            self._answered.add(number)

    def refused(self, number: int) -> None:
        """The kernel would not even send it: nobody need wait."""
        self._sent = deque((each, float("-inf") if each == number else at) for each, at in self._sent)

    def turns(self, now: float) -> Iterator[tuple[float, Passage]]:
        """What has become known, in order: (since when, how it goes)."""
        while self._sent:
            number, at = self._sent[0]
            if number in self._answered:
                passage: Passage = "through"
            elif now - at >= PATIENCE_SECONDS:
                passage = "lost"
            else:
                return
            self._sent.popleft()
            self._answered.discard(number)
            if passage != self.passage:
                self.passage = passage
                yield (now if at == float("-inf") else at), passage


class Pulse:
    """Sends from the beginning of ``with`` to its end; ``tell`` hears of turns, on a thread of its own.

    A socket keeps its namespace alive: those of a node whose first process has died are closed at once. ``fresh``
    gives the present handle of a node, so that they are opened again when it is back.
    """

    def __init__(self, flows: Sequence[Flow], fresh: Callable[[str], Node], tell: Callable[[Passed], None]) -> None:
        self._flows, self._fresh, self._tell = tuple(flows), fresh, tell
        self._echoes = [Echoes((flow.name, flow.family)) for flow in flows]
        self._first = int.from_bytes(os.urandom(2), "big")
        self._sources: dict[tuple[str, Family], socket.socket] = {}
        self._alive = select.poll()
        self._processes: dict[int, str] = {}
        self._tried: dict[str, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch-pulse", daemon=True)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        slot, step, due = 0, INTERVAL_SECONDS / SLOTS, time.monotonic()
        try:
            while not self._ended.wait(max(0.0, due - time.monotonic())):
                self._bury()
                self._open()
                self._hear()
                self._judge()
                for index in range(slot, len(self._flows), SLOTS):
                    self._send(index)
                slot = (slot + 1) % SLOTS
                due = max(due + step, time.monotonic())
        finally:
            for name in tuple(self._processes.values()):
                self._close(name)
            now = time.monotonic()
            self._tell(Passed(now, tuple((each.name, now, "unseen") for each in self._echoes)))

    def _bury(self) -> None:
        for process, _ in self._alive.poll(0):
            self._close(self._processes[process])

    def _open(self) -> None:
        """The sockets of each source that has none."""
        now = time.monotonic()
        for name in {flow.source.name for flow in self._flows} - set(self._processes.values()):
            if now - self._tried.get(name, 0.0) < AGAIN_SECONDS:
                continue
            self._tried[name] = now
            with suppress(HarnessError, OSError):
                self._open_one(self._fresh(name))

    def _open_one(self, node: Node) -> None:
        process = os.pidfd_open(node.pid or 0)
        self._processes[process] = node.name
        self._alive.register(process, select.POLLIN)
        try:
            for family in {flow.family for flow in self._flows if flow.source.name == node.name}:
                self._sources[node.name, family] = open_in(node, lambda family=family: open_icmp(family, EchoOptions()))  # type: ignore[misc]
        except BaseException:
            self._close(node.name)
            raise

    def _close(self, name: str) -> None:
        for process in [each for each, node in self._processes.items() if node == name]:
            del self._processes[process]
            self._alive.unregister(process)
            os.close(process)
        for key in [each for each in self._sources if each[0] == name]:
            self._sources.pop(key).close()

    def _identifier(self, index: int) -> int:
        return (self._first + index) & 0xFFFF

    def _send(self, index: int) -> None:
        flow, echoes = self._flows[index], self._echoes[index]
        number = echoes.next(time.monotonic())
        sock = self._sources.get((flow.source.name, flow.family))
        message = echo_request(flow.family, self._identifier(index), number, SIZE)
        if sock is None:  # of a node that is gone
            echoes.refused(number)
            return
        try:
            sock.sendto(message, sockaddr(flow.family, flow.address, 0))
        except OSError:  # no route, no carrier
            echoes.refused(number)

    def _hear(self) -> None:
        for (_, family), sock in self._sources.items():
            with suppress(OSError):
                while True:
                    self._take(family, sock.recv(RECEIVE))

    def _take(self, family: Family, packet: bytes) -> None:
        echo = echo_of_reply(family, strip_ipv4(packet)[0] if family == 4 else packet)
        if echo and (index := (echo[0] - self._first) & 0xFFFF) < len(self._echoes):
            self._echoes[index].answered(echo[1])

    def _judge(self) -> None:
        now = time.monotonic()
        turns = tuple((each.name, at, how) for each in self._echoes for at, how in each.turns(now))
        if turns:
            self._tell(Passed(now, turns))
