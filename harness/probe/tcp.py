"""Does a port answer, and if not, why not: TCP connections from inside nodes."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from harness.history.history import History
from harness.history.seen import Family, Seen, record
from harness.node import Node
from harness.probe import patience
from harness.probe.dial import AT_ONCE, RESET_ON_CLOSE, Dialled, TcpAsk, dial_many

KIND = "tcp"


def connect(
    history: History,
    node: Node,
    family: Family,
    address: str,
    port: int,
    timeout: float = patience.KERNEL_SECONDS,
    *,
    source: str = "",
) -> Seen:
    """Connect to ``address`` at ``port`` and close again. See ``connect_many``."""
    return connect_many(history, [TcpAsk(node, family, address, port, source)], timeout)[0]


def connect_many(
    history: History,
    asks: Sequence[TcpAsk | tuple[Node, Family, str, int]],
    timeout: float = patience.KERNEL_SECONDS,
    at_once: int = AT_ONCE,
) -> list[Seen]:
    """Connect to all at once and return what was seen in the order of ``asks``.

    *reply*: connected; *refusal*: a reset; *unreachable*: an ICMP error (``by`` whom, ``data["reason"]``) or the
    node's own kernel (``by`` its name); *silence*: nothing within ``timeout`` seconds. The kernel repeats a SYN
    after one second, so with a ``timeout`` above that a single lost packet is no silence. Ends as soon as all have
    answered, and waits shortly only where the same port kept silent to the same node a moment ago.
    Errors as those of ``dial_many``.
    """
    named = [TcpAsk(*ask) for ask in asks]
    seen: dict[int, Seen] = {}
    subjects = [patience.tcp(*ask[:4]) for ask in named]
    timeouts = [patience.wait_for(history, timeout, each) for each in subjects]
    for index, dialled in dial_many(named, timeouts, at_once):
        patience.note(history, dialled.answer, subjects[index])
        if dialled.sock:
            dialled.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            dialled.sock.close()
        seen[index] = record(history, _seen(named[index], dialled))
    return [seen[index] for index in range(len(named))]


def _seen(ask: TcpAsk, dialled: Dialled) -> Seen:
    asked = {"address": ask.address, "port": ask.port} | ({"source": ask.source} if ask.source else {})
    return Seen(dialled.at, ask.node.name, ask.family, KIND, asked, dialled.answer, dialled.by, dialled.data)
