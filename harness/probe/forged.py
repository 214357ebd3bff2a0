"""Whole IP packets that somebody forged in a node, routed by its kernel, and which interfaces each was seen to pass."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import PREFIX, Family
from harness.node import Node
from harness.probe.address import sockaddr, socket_family
from harness.probe.capture import Capture, Packet
from harness.probe.namespace import open_in
from harness.probe.packet_filter import short
from harness.wait import Deadline

KIND = "forged"
IPV6_HDRINCL = 36
"""From linux/in6.h: the packet on a raw socket begins with its own IPv6 header."""
MARK_LENGTH = 12
SIGNATURE = b"v6l\xb5"
"""How every mark begins: a capture that may see a thousand frames a second looks for this alone in each."""
Place = tuple[Node, str]
"""A node and one of its interfaces."""


def new_mark() -> bytes:
    """Bytes that stand in one packet alone, so that it is known again wherever it passes."""
    return SIGNATURE + secrets.token_bytes(MARK_LENGTH - len(SIGNATURE))


def mark_of(frame: bytes) -> bytes:
    """The mark in a frame; nothing where it has none."""
    at = frame.find(SIGNATURE)
    return frame[at : at + MARK_LENGTH] if at >= 0 else b""


@dataclass(frozen=True, slots=True)
class Forged:
    """A packet from its IP header on, which ``node`` sends to ``to``; ``mark`` is somewhere in it."""

    node: Node
    family: Family
    to: str
    mark: bytes
    packet: bytes


def send(history: History, packets: Sequence[Forged]) -> None:
    """Send each from its node, whatever source it claims to have; one event tells of all.

    Raises ``CannotMeasure`` if a node has no way to send there.
    """
    for (node, family), some in groupby(packets, lambda each: (each.node, each.family)):
        open_in(node, partial(_send, family, list(some)))
    sent = [{"node": each.node.name, "to": each.to, "packet": each.packet} for each in packets]
    history.append(PREFIX + KIND, "", {"asked": {"packets": sent}, "answer": "reply", "data": {}})


def _send(family: Family, packets: Sequence[Forged]) -> None:
    with socket.socket(socket_family(family), socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
        if family == 6:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_HDRINCL, 1)
        for each in packets:
            try:
                sock.sendto(each.packet, sockaddr(family, each.to))
            except OSError as error:
                raise CannotMeasure(f"node {each.node.name} cannot send to {each.to}: {error}") from error


@dataclass(slots=True)
class Watch:
    """Where marked packets pass, which are short: interfaces of nodes, from ``with`` to its end."""

    history: History
    places: Sequence[Place]
    marks: frozenset[bytes]
    _capture: Capture = field(init=False)

    def __post_init__(self) -> None:
        self._capture = Capture(self.history, self.places, lambda frame: mark_of(frame) in self.marks, passes=short())

    def __enter__(self) -> Watch:
        self._capture.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._capture.__exit__(None, None, None)

    def wait(self, wanted: Mapping[bytes, str], seconds: float) -> None:
        """Wait until each mark has been seen on the node it is wanted on, or ``seconds`` are over: in any order."""
        deadline = Deadline.after(seconds)
        for mark, node in wanted.items():
            self._capture.wait_for(partial(_carries, mark, node), deadline)

    def hold(self, seconds: float) -> None:
        """Go on watching for what must not come."""
        self._capture.wait_for(lambda _: False, Deadline.after(seconds))

    def passed(self, *, outgoing: bool | None = None) -> dict[bytes, dict[str, None]]:
        """Mark → the places that it was seen at (``node interface``), in order; only those where it went out of the
        node, or came in, if ``outgoing`` says which."""
        found: dict[bytes, dict[str, None]] = {mark: {} for mark in self.marks}
        for packet in self._capture.packets():
            if outgoing in (None, packet.outgoing):
                found[mark_of(packet.data)][f"{packet.node} {packet.device}"] = None
        return found


def _carries(mark: bytes, node: str, packet: Packet) -> bool:
    return packet.node == node and mark_of(packet.data) == mark
