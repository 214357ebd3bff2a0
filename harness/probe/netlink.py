"""Dumps of the kernel's routing tables over rtnetlink (rtnetlink(7)): messages and attributes as bytes."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from harness.errors import CannotMeasure
from harness.node import Node
from harness.probe.namespace import open_in

RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETNEIGH = 18, 22, 26, 30
NLM_F_REQUEST, NLM_F_DUMP, NLM_F_DUMP_INTR = 0x1, 0x300, 0x10
NLMSG_ERROR, NLMSG_DONE = 2, 3
HEADER = struct.Struct("=IHHII")
"""``struct nlmsghdr``: length, type, flags, sequence number, port."""
ERROR = struct.Struct("=i")
ATTRIBUTE = struct.Struct("=HH")
NESTED_MASK = 0x3FFF
RECEIVE = 1 << 18
ATTEMPTS = 5
ANSWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Message:
    """One netlink message: its type, its flags and what follows the header."""

    type: int
    flags: int
    payload: bytes


def dump(node: Node, request: int, body: bytes) -> list[Message]:
    """All messages of the kernel's answer to a dump in ``node``'s namespace; ``body`` is the request's fixed header.

    A table that changed during the dump is read again. Raises ``CannotMeasure``.
    """
    with open_in(node, lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)) as sock:
        sock.settimeout(ANSWER_SECONDS)
        for attempt in range(1, ATTEMPTS + 1):
            messages = _dump_once(node, sock, request, body, attempt)
            if not any(message.flags & NLM_F_DUMP_INTR for message in messages):
                break
        return [message for message in messages if message.type not in (NLMSG_DONE, NLMSG_ERROR)]


def _dump_once(node: Node, sock: socket.socket, request: int, body: bytes, sequence: int) -> list[Message]:
    header = HEADER.pack(HEADER.size + len(body), request, NLM_F_REQUEST | NLM_F_DUMP, sequence, 0)
    messages: list[Message] = []
    try:
        sock.send(header + body)
        while not messages or messages[-1].type not in (NLMSG_DONE, NLMSG_ERROR):
            messages += split(sock.recv(RECEIVE))
    except OSError as error:
        raise CannotMeasure(f"cannot read the kernel's tables of node {node.name}: {error}") from error
    (code,) = ERROR.unpack_from(messages[-1].payload)
    if messages[-1].type == NLMSG_ERROR or code < 0:
        raise CannotMeasure(f"the kernel of node {node.name} refused a dump: {os.strerror(-code)}")
    return messages


def split(data: bytes) -> Iterator[Message]:
    """The messages in one read from a netlink socket."""
    offset = 0
    while offset + HEADER.size <= len(data):
        length, kind, flags, _, _ = HEADER.unpack_from(data, offset)
        if length < HEADER.size:
            return
        yield Message(kind, flags, data[offset + HEADER.size : offset + length])
        offset += _aligned(length)


def attributes(data: bytes) -> dict[int, bytes]:
    """The attributes in ``data`` by type; of several of one type the last."""
    found: dict[int, bytes] = {}
    offset = 0
    while offset + ATTRIBUTE.size <= len(data):
        length, kind = ATTRIBUTE.unpack_from(data, offset)
        if length < ATTRIBUTE.size:
            break
        found[kind & NESTED_MASK] = data[offset + ATTRIBUTE.size : offset + length]
        offset += _aligned(length)
    return found


def number(data: bytes | None, default: int = 0) -> int:
    """An attribute that holds an unsigned number in the machine's order of bytes."""
    return int.from_bytes(data, "little" if struct.pack("=H", 1)[0] else "big") if data else default


def text(data: bytes | None) -> str:
    """An attribute that holds a name."""
    return (data or b"").rstrip(b"\0").decode(errors="replace")


def ip_address(data: bytes | None) -> str:
    """An attribute that holds an address of either family; empty where there is none."""
    if not data:
        return ""
    return socket.inet_ntop(socket.AF_INET6 if len(data) == 16 else socket.AF_INET, data)


def _aligned(length: int) -> int:
    return (length + 3) & ~3
