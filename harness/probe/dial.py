"""TCP connections opened from inside nodes, thousands at once: the part that all probes over TCP share."""

from __future__ import annotations

import errno
import heapq
import selectors
import socket
import struct
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from harness.errors import CannotMeasure
from harness.history.seen import Answer, Family
from harness.node import Node
from harness.probe.address import checked, sockaddr, socket_family
from harness.probe.descriptors import room_for
from harness.probe.icmp_errors import IcmpError, LocalError, listen_for_errors, take_error
from harness.probe.namespace import inside

AT_ONCE = 4096
TOGETHER = 64
"""Connections that are begun in one visit to a node: a visit costs as much as two of them, and is to be short."""
RESET_ON_CLOSE = struct.pack("=ii", 1, 0)
"""SO_LINGER that closes with a reset: a scan leaves nothing in TIME_WAIT at either end."""

BROKEN = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ENODEV, errno.EBADF)
"""Errors that say nothing about the network."""


class TcpAsk(NamedTuple):
    """Who is to connect to whom; ``source`` binds the near end to an address of the node."""

    node: Node
    family: Family
    address: str
    port: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class Dialled:
    """How an attempt ended. ``sock`` is the connection (blocking, to be closed by the caller) on a *reply*."""

    at: float
    answer: Answer
    by: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    sock: socket.socket | None = None


@dataclass(slots=True)
class _Attempt:
    index: int
    ask: TcpAsk
    sock: socket.socket
    began: float
    deadline: float


def dial(node: Node, family: Family, address: str, port: int, timeout: float) -> Dialled:
    """One connection. See ``dial_many``."""
    for _, dialled in dial_many([TcpAsk(node, family, address, port)], timeout):
        return dialled
    raise AssertionError("one ask has one answer")


def dial_many(
    asks: Sequence[TcpAsk], timeout: float | Sequence[float], at_once: int = AT_ONCE
) -> Iterator[tuple[int, Dialled]]:
    """Connect to all; gives (index of the ask, how it ended) as they end, and ends with the last of them.

    Up to ``at_once`` attempts (fewer if the process may not open so many files) begin together and share one
    deadline; those that had to queue have ``timeout`` seconds (of each ask, or of all) from their own beginning.
    Raises ``ValueError`` for a wrong address, ``CannotMeasure`` if a node cannot be entered.
    """
    for ask in asks:
        checked(ask.family, ask.address)
    timeouts = [timeout] * len(asks) if isinstance(timeout, int | float) else timeout
    waiting = deque(zip(range(len(asks)), asks, timeouts, strict=True))
    deadlines: list[tuple[float, int]] = []
    open_attempts: dict[int, _Attempt] = {}
    room = room_for(min(at_once, len(asks)))
    with selectors.EpollSelector() as selector:
        try:
            while waiting or open_attempts:
                ended: list[tuple[int, Dialled]] = []
                while waiting and len(open_attempts) < room:
                    for index, begun in _begin(waiting, min(room - len(open_attempts), TOGETHER)):
                        if isinstance(begun, Dialled):
                            ended.append((index, begun))
                            continue
                        open_attempts[index] = begun
                        heapq.heappush(deadlines, (begun.deadline, index))
                        selector.register(begun.sock, selectors.EVENT_WRITE, begun)
                yield from ended
                yield from _ended(selector, open_attempts, deadlines)
        finally:
            for attempt in open_attempts.values():
                attempt.sock.close()


def _ended(
    selector: selectors.BaseSelector, open_attempts: dict[int, _Attempt], deadlines: list[tuple[float, int]]
) -> Iterator[tuple[int, Dialled]]:
    while deadlines and deadlines[0][1] not in open_attempts:
        heapq.heappop(deadlines)
    if not deadlines:
        return
    now = time.monotonic()  # before the look: what answers while this process is kept from looking is no silence
    for key, _ in selector.select(max(0.0, deadlines[0][0] - now)):
        attempt: _Attempt = key.data
        yield _take_out(selector, open_attempts, attempt), _finish(attempt)
    while deadlines and deadlines[0][0] <= now:
        _, index = heapq.heappop(deadlines)
        if index in open_attempts:
            attempt = open_attempts[index]
            _take_out(selector, open_attempts, attempt)
            attempt.sock.close()
            yield index, Dialled(now, "silence", "", {"waited_s": round(now - attempt.began, 3)})


def _take_out(selector: selectors.BaseSelector, open_attempts: dict[int, _Attempt], attempt: _Attempt) -> int:
    selector.unregister(attempt.sock)
    del open_attempts[attempt.index]
    return attempt.index


def _begin(waiting: deque[tuple[int, TcpAsk, float]], most: int) -> list[tuple[int, _Attempt | Dialled]]:
    """Begin with the first that wait and are of one node, in one visit to it."""
    node = waiting[0][1].node
    begun: list[tuple[int, _Attempt | Dialled]] = []
    try:
        with inside(node):
            while waiting and waiting[0][1].node is node and len(begun) < most:
                index, ask, timeout = waiting.popleft()
                begun.append((index, _connect(index, ask, timeout)))
    except BaseException:
        for _, each in begun:
            if isinstance(each, _Attempt):
                each.sock.close()
        raise
    return begun


def _connect(index: int, ask: TcpAsk, timeout: float) -> _Attempt | Dialled:
    """Inside the node: begin one connection."""
    began = time.monotonic()
    sock: socket.socket | None = None
    try:
        sock = socket.socket(socket_family(ask.family), socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        listen_for_errors(sock, ask.family)
        if ask.source:
            sock.bind(sockaddr(ask.family, checked(ask.family, ask.source)))
        code = sock.connect_ex(sockaddr(ask.family, ask.address, ask.port))
    except OSError as error:
        if sock:
            sock.close()
        raise CannotMeasure(f"cannot open a connection in node {ask.node.name}: {error}") from error
    attempt = _Attempt(index, ask, sock, began, began + timeout)
    return attempt if code in (0, errno.EINPROGRESS) else _failed(attempt, code)


def _finish(attempt: _Attempt) -> Dialled:
    sock, now = attempt.sock, time.monotonic()
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        return _failed(attempt, code)
    sock.setblocking(True)
    source, source_port = sock.getsockname()[:2]
    data = {"rtt_ms": round((now - attempt.began) * 1000, 3), "source": source, "source_port": source_port}
    return Dialled(now, "reply", attempt.ask.address, data, sock)


def _failed(attempt: _Attempt, code: int) -> Dialled:
    """A connection that ended with ``code``: by a reset, by an ICMP error, or by the node's own kernel."""
    now = time.monotonic()
    error = take_error(attempt.sock)
    attempt.sock.close()
    data: dict[str, Any] = {"rtt_ms": round((now - attempt.began) * 1000, 3)}
    ask = attempt.ask
    if isinstance(error, IcmpError):
        return Dialled(now, "unreachable", error.by, data | error.data)
    if code in (errno.ECONNREFUSED, errno.ECONNRESET):
        return Dialled(now, "refusal", ask.address, data | {"reason": "reset"})
    if code == errno.ETIMEDOUT:
        return Dialled(now, "silence", "", {"waited_s": round(now - attempt.began, 3)})
    if code in BROKEN:
        raise CannotMeasure(f"cannot connect from node {ask.node.name} to {ask.address}: {errno.errorcode[code]}")
    return Dialled(now, "unreachable", ask.node.name, data | LocalError(code).data)
