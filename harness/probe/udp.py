"""One datagram out, one back: any request and response over UDP from inside a node."""

from __future__ import annotations

import errno
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import Answer, Family, Seen, record
from harness.node import Node
from harness.probe import patience
from harness.probe.address import checked, sockaddr, socket_family
from harness.probe.icmp_errors import PORT_UNREACHABLE, IcmpError, LocalError, listen_for_errors, take_error
from harness.probe.namespace import open_in

KIND = "udp"
AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Exchanged:
    """How an exchange ended; ``payload`` is the response on a *reply*."""

    at: float
    answer: Answer
    by: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    payload: bytes = b""


def ask(
    history: History,
    node: Node,
    family: Family,
    address: str,
    port: int,
    payload: bytes,
    timeout: float = 2.0,
    *,
    again: float = AGAIN_SECONDS,
) -> Seen:
    """Send ``payload`` and return what came back as ``raw``. See ``exchange``."""
    place = patience.udp(node, family, address, port)
    timeout = patience.wait_for(history, timeout, place)
    done = exchange(node, family, address, port, payload, timeout, again=again)
    patience.note(history, done.answer, place)
    asked = {"address": address, "port": port, "payload": payload}
    return record(history, Seen(done.at, node.name, family, KIND, asked, done.answer, done.by, done.data, done.payload))


def exchange(
    node: Node,
    family: Family,
    address: str,
    port: int,
    payload: bytes,
    timeout: float,
    *,
    again: float = AGAIN_SECONDS,
    accept: Callable[[bytes], bool] = lambda _: True,
) -> Exchanged:
    """Send ``payload`` every ``again`` seconds until a datagram that is ``accept``\\ ed comes from there, or the time
    is over. *refusal*: the address itself says that the port is closed; *unreachable*: anybody else says something.
    Raises ``ValueError`` for a wrong address, ``CannotMeasure`` if no socket can be opened.
    """
    address = checked(family, address)
    deadline, again = time.monotonic() + timeout, min(again, timeout / 2)
    with open_in(node, lambda: _open(family)) as sock, selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        code = open_in(node, lambda: sock.connect_ex(sockaddr(family, address, port)))
        if code:
            return _failed(node, address, port, code, None, {})
        return _until(sock, selector, (node, address, port), payload, deadline, again, accept)


def _until(
    sock: socket.socket,
    selector: selectors.BaseSelector,
    place: tuple[Node, str, int],
    payload: bytes,
    deadline: float,
    again: float,
    accept: Callable[[bytes], bool],
) -> Exchanged:
    tries, sent, repeat = 0, 0.0, 0.0
    now = 0.0
    while now < deadline:  # the last look is after the deadline: what came while this process was kept from looking
        now = time.monotonic()
        data = {"rtt_ms": round((now - sent) * 1000, 3), "tries": tries}
        try:
            if not tries or (repeat <= now < deadline):
                tries, sent, repeat = tries + 1, now, now + again
                sock.send(payload)
            if not selector.select(max(0.0, min(repeat, deadline) - now)):
                continue
            data |= {"rtt_ms": round((time.monotonic() - sent) * 1000, 3), "tries": tries}
            response = sock.recv(65535)
        except BlockingIOError:
            continue
        except OSError as error:
            return _failed(*place, error.errno or 0, take_error(sock), data)
        if accept(response):
            return Exchanged(time.monotonic(), "reply", place[1], data, response)
    return Exchanged(time.monotonic(), "silence", "", {"waited_s": round(time.monotonic() - sent, 3), "tries": tries})


def _open(family: Family) -> socket.socket:
    sock = socket.socket(socket_family(family), socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    listen_for_errors(sock, family)
    return sock


def _failed(
    node: Node, address: str, port: int, code: int, error: IcmpError | LocalError | None, data: dict[str, Any]
) -> Exchanged:
    now = time.monotonic()
    if isinstance(error, IcmpError):
        closed = (error.family, error.type, error.code) in PORT_UNREACHABLE and error.by == address
        return Exchanged(now, "refusal" if closed else "unreachable", error.by, data | error.data)
    if code in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EBADF, 0):
        raise CannotMeasure(f"cannot send from node {node.name} to {address} port {port}: {errno.errorcode.get(code)}")
    local = error if isinstance(error, LocalError) else LocalError(code)
    return Exchanged(now, "unreachable", node.name, data | local.data)
