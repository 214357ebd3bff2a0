"""ICMP echo from inside nodes, hundreds at once in one loop: a matrix takes the time of its slowest answer."""

from __future__ import annotations

import errno
import secrets
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import Answer, Family, Seen, record
from harness.history.silence import Subject
from harness.node import Node
from harness.probe import patience
from harness.probe.address import checked, sockaddr
from harness.probe.icmp_errors import IcmpError, LocalError, parse_icmp_error
from harness.probe.icmp_socket import EchoOptions, hop_limit_control, hop_limit_of, known_mtu, open_icmp
from harness.probe.icmp_wire import echo_of_inner, echo_of_reply, echo_request, strip_ipv4
from harness.probe.namespace import inside, open_in

KIND = "icmp"
KEPT_OF_REPLY = 64
MOST_MTU_STEPS = 8
"""So many routers may each report a smaller MTU to an echo that may be fragmented by its sender (IPv6)."""
HOP_LIMIT_EXCEEDED = "hop limit exceeded"
BURST = 64
"""So many requests are sent before the answers that have come are read."""


PLAIN = EchoOptions()


class EchoAsk(NamedTuple):
    """Who is to ask whom."""

    node: Node
    family: Family
    address: str
    options: EchoOptions = PLAIN


def echo(
    history: History,
    node: Node,
    family: Family,
    address: str,
    options: EchoOptions = PLAIN,
    timeout: float = patience.KERNEL_SECONDS,
) -> Seen:
    """Ask ``address`` for one echo. See ``echo_many``."""
    return echo_many(history, [EchoAsk(node, family, address, options)], timeout)[0]


def echo_many(
    history: History,
    asks: Sequence[tuple[Node, Family, str, EchoOptions]],
    timeout: float = patience.KERNEL_SECONDS,
    again: float = 1.0,
    *,
    until_reached: bool = False,
) -> list[Seen]:
    """Ask all at once and return what was seen in the order of ``asks``, at the latest after ``timeout`` seconds.

    A request without an answer is repeated every ``again`` seconds (neighbours are still being resolved, a router
    limits its errors); ``data["tries"]`` counts. Where the same echo, or a small one, kept silent a moment ago, the
    wait is short. *unreachable* has ``reason`` and, from the wire, ICMP type, code and
    MTU (hop limit exceeded and packet too big are among them); ``by`` is the node's name where its own kernel refused.
    ``until_reached``: the asks are one path, hop by hop; nobody waits for those behind its end.
    Raises ``ValueError`` for an address that is not of the family, ``CannotMeasure`` if a node cannot be entered.
    """
    for ask in asks:
        checked(ask[1], ask[2])
    if len(asks) * (1 + timeout / again) > 0xFFFF:
        raise ValueError(f"{len(asks)} echoes do not fit into one run's sequence numbers")
    with _Run(history, [EchoAsk(*ask) for ask in asks], again, until_reached) as run:
        return run.until(timeout)


@dataclass(slots=True)
class _Flight:
    """An echo that is on its way: its index among the asks and how often and when it was sent last."""

    index: int
    tries: int
    sent: float


class _Run:
    """One ``echo_many``: its sockets, what is still open and what has been seen."""

    def __init__(self, history: History, asks: list[EchoAsk], again: float, until_reached: bool) -> None:
        self.history, self.asks, self.again, self.until_reached = history, asks, again, until_reached
        self.identifier = secrets.randbits(16)
        self.sequence = 0
        self.flights: dict[int, _Flight] = {}  # by sequence number
        self.latest: dict[int, _Flight] = {}  # by index of the ask
        self.seen: dict[int, Seen] = {}
        self.deadlines: list[float] = []  # by index of the ask
        self.sockets: dict[tuple[str, int | None, Family, bool, bool, str], socket.socket] = {}
        self.selector = selectors.EpollSelector()

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.selector.close()
        for sock in self.sockets.values():
            sock.close()

    def until(self, timeout: float) -> list[Seen]:
        waits = [patience.wait_for(self.history, timeout, *_subjects(ask)) for ask in self.asks]
        self.again = min(self.again, max(waits, default=timeout) / 2)
        began = time.monotonic()
        self.deadlines = [began + wait for wait in waits]
        for ask in self.asks:
            self.socket_of(ask)
        for index in range(len(self.asks)):
            self.send(index, 1)
            if index % BURST == BURST - 1:
                self.read(0)
        self.wait()
        self.read(0)  # what came while this process was kept from looking
        now = time.monotonic()
        for index in range(len(self.asks)):
            if index not in self.seen:
                self.settle(index, "silence", "", {"waited_s": round(now - self.latest[index].sent, 3)})
        return [self.seen[index] for index in range(len(self.asks))]

    def wait(self) -> None:
        repeat = time.monotonic() + self.again
        while not self.complete() and (now := time.monotonic()) < (deadline := self.deadline()):
            if now >= repeat:
                repeat = now + self.again
                for index in [index for index in range(len(self.asks)) if index not in self.seen]:
                    self.send(index, self.latest[index].tries + 1)
            self.read(max(0.0, min(deadline, repeat) - now))

    def deadline(self) -> float:
        """When nothing more is to be expected of those that have not answered."""
        return max(self.deadlines[index] for index in range(len(self.asks)) if index not in self.seen)

    def complete(self) -> bool:
        """Whether nothing more is wanted: all have answered or, on a path, all up to the first that is its end."""
        if not self.until_reached or len(self.seen) == len(self.asks):
            return len(self.seen) == len(self.asks)
        for index in range(len(self.asks)):
            if index not in self.seen:
                return False
            if self.seen[index].data.get("reason") != HOP_LIMIT_EXCEEDED:
                return True
        return True

    def socket_of(self, ask: EchoAsk) -> socket.socket:
        options = ask.options
        key = (ask.node.name, ask.node.pid, ask.family, options.dont_fragment, options.ignore_known_mtu, options.source)
        if key not in self.sockets:
            self.sockets[key] = open_in(ask.node, lambda: open_icmp(ask.family, options))
            self.selector.register(self.sockets[key], selectors.EVENT_READ, ask.family)
        return self.sockets[key]

    def send(self, index: int, tries: int) -> None:
        ask = self.asks[index]
        self.sequence += 1
        self.flights[self.sequence] = self.latest[index] = _Flight(index, tries, time.monotonic())
        message = echo_request(ask.family, self.identifier, self.sequence, ask.options.size)
        control = hop_limit_control(ask.family, ask.options.hop_limit)
        try:
            target = _target(ask)
            self.socket_of(ask).sendmsg([message], [control], 0, target)
        except BlockingIOError:
            return  # the socket's buffer is full: the repetition sends it
        except OSError as error:
            self.refused_by_kernel(index, error)

    def refused_by_kernel(self, index: int, error: OSError) -> None:
        ask = self.asks[index]
        if error.errno in (errno.ENOBUFS, errno.ENOMEM):
            return  # as a full buffer
        if error.errno is None or error.errno in (errno.ENODEV, errno.ENXIO, errno.EBADF):
            raise CannotMeasure(f"cannot send an echo from node {ask.node.name} to {ask.address}: {error}") from error
        mtu = known_mtu(ask.node, ask.family, ask.address) if error.errno == errno.EMSGSIZE else 0
        self.settle(index, "unreachable", ask.node.name, LocalError(error.errno, mtu).data)

    def read(self, seconds: float) -> None:
        for key, _ in self.selector.select(seconds):
            sock, family = key.fileobj, key.data
            while isinstance(sock, socket.socket):
                try:
                    packet, ancillary, _, source = sock.recvmsg(65535, 64)
                except BlockingIOError:
                    break
                except OSError:
                    continue  # a pending error; what it is about comes as a message too
                self.take(family, str(source[0]).partition("%")[0], packet, ancillary)

    def take(self, family: Family, by: str, packet: bytes, ancillary: Sequence[tuple[int, int, bytes]]) -> None:
        message, limit = strip_ipv4(packet) if family == 4 else (packet, hop_limit_of(ancillary))
        found = echo_of_reply(family, message)
        error = None if found else parse_icmp_error(family, by, message)
        if error:
            found = echo_of_inner(family, error.inner)
        if found is None or found[0] != self.identifier or found[1] not in self.flights:
            return
        flight = self.flights[found[1]]
        data: dict[str, Any] = {"rtt_ms": round((time.monotonic() - flight.sent) * 1000, 3), "hop_limit": limit}
        if isinstance(error, IcmpError):
            if error.mtu and not self.asks[flight.index].options.whole and flight.tries < MOST_MTU_STEPS:
                self.send(flight.index, flight.tries + 1)  # the kernel has learnt the MTU and fragments to it now
                return
            self.settle(flight.index, "unreachable", by, data | error.data, message)
        else:
            self.settle(flight.index, "reply", by, data | {"size": len(message) - 8}, message[:KEPT_OF_REPLY])

    def settle(self, index: int, answer: Answer, by: str, data: dict[str, Any], raw: bytes = b"") -> None:
        if index in self.seen:
            return
        ask = self.asks[index]
        asked = {"address": ask.address} | asdict(ask.options)
        data["tries"] = self.latest[index].tries
        now = time.monotonic()
        same, plain = _subjects(ask)
        patience.note(self.history, answer, same, *([plain] if answer == "reply" else []))
        seen = Seen(now, ask.node.name, ask.family, KIND, asked, answer, by, data, raw)
        self.seen[index] = record(self.history, seen)


def _subjects(ask: EchoAsk) -> tuple[Subject, Subject]:
    """An echo of that size, and a small one."""
    one, small = (patience.echo(ask.node, ask.family, ask.address, size) for size in (ask.options.size, PLAIN.size))
    return one, small


def _target(ask: EchoAsk) -> Any:
    if "%" not in ask.address:
        return sockaddr(ask.family, ask.address)
    with inside(ask.node):
        return sockaddr(ask.family, ask.address)
