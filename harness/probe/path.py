"""Which routers a packet crosses: all hop limits at once, one flow, so that equally good paths do not mix."""

from __future__ import annotations

import secrets
import selectors
import socket
import struct
import time
from typing import Any, Literal

from harness.history.history import History
from harness.history.seen import Answer, Family, Seen, record
from harness.node import Node
from harness.probe.address import checked, sockaddr, socket_family
from harness.probe.icmp import HOP_LIMIT_EXCEEDED, echo_many
from harness.probe.icmp_errors import PORT_UNREACHABLE, IcmpError, parse_icmp_error
from harness.probe.icmp_socket import EchoOptions, hop_limit_control, open_icmp
from harness.probe.icmp_wire import strip_ipv4, transport_of_inner
from harness.probe.namespace import open_in

KIND = "path"
MOST_HOPS = 12
UDP_PORT = 33434
"""Where traceroute begins: nobody listens there."""
UDP_PROTOCOL, UDP_HEADER = 17, 8
AGAIN_SECONDS = 1.1
"""Above the second in which a router sends one error to one host (icmp_ratelimit)."""

Hop = dict[str, Any]


def path(
    history: History,
    node: Node,
    family: Family,
    address: str,
    method: Literal["icmp", "udp"] = "icmp",
    timeout: float = 2.5,
    most_hops: int = MOST_HOPS,
) -> Seen:
    """The way to ``address``: ``data["hops"]`` is a list of ``{"hop", "by", "rtt_ms", "reason"}`` from the first router
    to the target or the last that said something; ``by`` is empty where a hop kept silent.

    *reply*: the target was reached; *unreachable*: somebody (``by``) said that it cannot be; else *silence*.
    All packets belong to one flow (UDP: same ports, told apart by their length). Ends as soon as the target and all
    hops before it have answered. Errors as those of ``icmp.echo_many``.
    """
    address = checked(family, address)
    if method == "icmp":
        hops = _by_echo(node, family, address, timeout, most_hops)
    else:
        hops = _Udp(node, family, address, most_hops).run(time.monotonic() + timeout)
    answer, by, shown = conclude(hops)
    asked = {"address": address, "method": method, "most_hops": most_hops}
    return record(history, Seen(time.monotonic(), node.name, family, KIND, asked, answer, by, {"hops": shown}))


def conclude(hops: list[Hop]) -> tuple[Answer, str, list[Hop]]:
    """What the hops say together; the list ends with the first that is an end."""
    for index, hop in enumerate(hops):
        if hop["end"]:
            return hop["end"], hop["by"], hops[: index + 1]
    heard = max((index for index, hop in enumerate(hops) if hop["by"]), default=-1)
    return "silence", "", hops[: heard + 1]


def addresses(seen: Seen) -> tuple[str, ...]:
    """The addresses along the way, in order; empty text for a silent hop."""
    return tuple(hop["by"] for hop in seen.data["hops"])


def _by_echo(node: Node, family: Family, address: str, timeout: float, most_hops: int) -> list[Hop]:
    asks = [(node, family, address, EchoOptions(hop_limit=limit)) for limit in range(1, most_hops + 1)]
    hops = []
    for number, seen in enumerate(echo_many(History(), asks, timeout, AGAIN_SECONDS, until_reached=True), start=1):
        reason = seen.data.get("reason", "")
        end = "" if seen.answer == "silence" or reason == HOP_LIMIT_EXCEEDED else seen.answer
        hops.append(_hop(number, seen.by, seen.data.get("rtt_ms", 0.0), reason, end))
    return hops


def _hop(number: int, by: str, rtt_ms: float, reason: str, end: str) -> Hop:
    return {"hop": number, "by": by, "rtt_ms": rtt_ms, "reason": reason, "end": end}


class _Udp:
    """One walk by UDP: a socket that sends and a raw one that hears the errors."""

    def __init__(self, node: Node, family: Family, address: str, most_hops: int) -> None:
        self.family, self.address = family, address
        self.hops = [_hop(number, "", 0.0, "", "") for number in range(1, most_hops + 1)]
        self.base = 16 + secrets.randbelow(64)  # payload of the first hop, so that another walk's errors do not fit
        self.sent = [0.0] * most_hops
        self.out = open_in(node, lambda: socket.socket(socket_family(family), socket.SOCK_DGRAM))
        self.errors = open_in(node, lambda: open_icmp(family, EchoOptions()))
        code = open_in(node, lambda: self.out.connect_ex(sockaddr(family, address, UDP_PORT)))
        if code:
            self.hops[0] |= {"by": node.name, "reason": "no route in the node itself", "end": "unreachable"}
        else:
            self.source_port = self.out.getsockname()[1]

    def run(self, deadline: float) -> list[Hop]:
        with self.out, self.errors, selectors.DefaultSelector() as selector:
            selector.register(self.errors, selectors.EVENT_READ)
            repeat = 0.0
            while not self.complete() and (now := time.monotonic()) < deadline:
                if now >= repeat:
                    self.send()
                    repeat = now + AGAIN_SECONDS
                if selector.select(max(0.0, min(repeat, deadline) - now)):
                    self.read()
        return self.hops

    def complete(self) -> bool:
        for hop in self.hops:
            if hop["end"] or not hop["by"]:
                return bool(hop["end"])
        return True

    def send(self) -> None:
        for index, hop in enumerate(self.hops):
            if hop["by"]:
                continue
            self.sent[index] = time.monotonic()
            try:
                self.out.sendmsg([bytes(self.base + index)], [hop_limit_control(self.family, index + 1)])
            except ConnectionRefusedError:  # the target's answer to an earlier hop, which the raw socket has too
                continue
            except OSError as error:
                hop |= {"reason": str(error)}

    def read(self) -> None:
        try:
            packet, source = self.errors.recvfrom(65535)
        except OSError:
            return
        message = strip_ipv4(packet)[0] if self.family == 4 else packet
        error = parse_icmp_error(self.family, str(source[0]).partition("%")[0], message)
        if error and (index := self.index_of(error)) is not None:
            rtt_ms = round((time.monotonic() - self.sent[index]) * 1000, 3)
            end = "" if error.reason == HOP_LIMIT_EXCEEDED else self.end_of(error)
            self.hops[index] = _hop(index + 1, error.by, rtt_ms, error.reason, end)

    def end_of(self, error: IcmpError) -> Answer:
        reached = (error.family, error.type, error.code) in PORT_UNREACHABLE and error.by == self.address
        return "reply" if reached else "unreachable"

    def index_of(self, error: IcmpError) -> int | None:
        """Which of the packets an error is about, by its ports and its length."""
        header = transport_of_inner(self.family, error.inner, UDP_PROTOCOL)
        if header is None or len(header) < UDP_HEADER:
            return None
        source, target, length = struct.unpack_from("!HHH", header)
        index: int = length - UDP_HEADER - self.base
        ours = (source, target) == (self.source_port, UDP_PORT) and 0 <= index < len(self.hops)
        return index if ours else None
