"""DNS from inside a node: one explicit server at an explicit address, over UDP or TCP."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import dns.exception
import dns.message

from harness.history.history import History
from harness.history.seen import Answer, Family, Seen, record
from harness.node import Node
from harness.probe import patience
from harness.probe.address import checked
from harness.probe.dial import dial
from harness.probe.dns_message import Question, describe, is_response_to, parse
from harness.probe.side_by_side import side_by_side
from harness.probe.udp import exchange

KIND = "dns"
PORT = 53
WAIT_SECONDS = 1.5
"""A datagram that is lost is sent again after a second, or after half of a shorter wait."""
HURRIED_SECONDS = 1.0
"""After a failure: three times what a name server on a machine with ten times its load has been seen to take."""


class DnsAsk(NamedTuple):
    """Who asks which server what."""

    node: Node
    family: Family
    server: str
    question: Question
    port: int = PORT


def query(
    history: History,
    node: Node,
    family: Family,
    server: str,
    question: Question,
    timeout: float = WAIT_SECONDS,
    *,
    port: int = PORT,
) -> Seen:
    """Ask ``server``. A *reply* is any response, also SERVFAIL or REFUSED: ``data`` holds rcode, flags, EDNS and the
    sections (see ``dns_message.describe``), ``raw`` the message. A truncated response is not asked for again over TCP.

    A response that is no DNS message is a reply with ``data["malformed"]``.
    Raises ``ValueError`` for a wrong address or question, ``CannotMeasure`` if no socket can be opened.
    """
    checked(family, server)
    message = question.message()
    asked = {"server": server, "port": port} | asdict(question)
    over, subject = (_over_tcp, patience.tcp) if question.transport == "tcp" else (_over_udp, patience.udp)
    place, spoken = subject(node, family, server, port), patience.application(family, KIND, server, port)
    timeout = patience.wait_for_words(
        history,
        timeout,
        *([place, spoken] if question.transport == "tcp" else [place]),
        hurried=min(timeout, HURRIED_SECONDS),
    )
    at, answer, by, data, wire = over(node, family, server, port, message, timeout)
    if answer == "silence":
        patience.note(history, answer, spoken if data.get("connected") else place)
    else:
        patience.note(history, answer, place, spoken)
    if answer == "reply":
        data |= _described(wire)
    return record(history, Seen(at, node.name, family, KIND, asked, answer, by, data, wire))


def many(history: History, asks: Sequence[DnsAsk], timeout: float = WAIT_SECONDS) -> list[Seen]:
    """Ask all side by side; what was seen in the order of ``asks``."""

    def one(ask: DnsAsk) -> Seen:
        return query(history, ask.node, ask.family, ask.server, ask.question, timeout, port=ask.port)

    return side_by_side(one, asks)


_Outcome = tuple[float, Answer, str, dict[str, Any], bytes]


def _over_udp(
    node: Node, family: Family, server: str, port: int, message: dns.message.Message, timeout: float
) -> _Outcome:
    def accept(wire: bytes) -> bool:
        return is_response_to(message, wire)

    done = exchange(node, family, server, port, message.to_wire(), timeout, accept=accept)
    return done.at, done.answer, done.by, done.data, done.payload


def _over_tcp(
    node: Node, family: Family, server: str, port: int, message: dns.message.Message, timeout: float
) -> _Outcome:
    """RFC 7766: two bytes of length before each message. A connection that the server closes is a refusal."""
    deadline = time.monotonic() + timeout
    dialled = dial(node, family, server, port, timeout)
    if dialled.sock is None:
        return dialled.at, dialled.answer, dialled.by, dict(dialled.data), b""
    data = dict(dialled.data)
    wire = message.to_wire()
    with dialled.sock as sock:
        try:
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            sock.sendall(len(wire).to_bytes(2, "big") + wire)
            response = _read_exactly(sock, int.from_bytes(_read_exactly(sock, 2, deadline), "big"), deadline)
        except TimeoutError:
            return time.monotonic(), "silence", "", data | {"waited_s": timeout, "connected": True}, b""
        except OSError as error:
            return time.monotonic(), "refusal", server, data | {"reason": str(error), "connected": True}, b""
    return time.monotonic(), "reply", server, data, response


def _read_exactly(sock: socket.socket, count: int, deadline: float) -> bytes:
    data = b""
    while len(data) < count:
        sock.settimeout(max(0.001, deadline - time.monotonic()))
        more = sock.recv(count - len(data))
        if not more:
            raise ConnectionResetError("connection closed before a whole message came")
        data += more
    return data


def _described(wire: bytes) -> dict[str, Any]:
    try:
        return describe(parse(wire), len(wire))
    except (dns.exception.DNSException, ValueError) as error:
        return {"malformed": f"{type(error).__name__}: {error}"}
