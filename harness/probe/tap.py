"""A packet socket on an interface of a node, and what the kernel tells of it."""

from __future__ import annotations

import ctypes
import socket
import struct
import time
from collections.abc import Sequence

from harness.errors import CannotMeasure
from harness.node import Node
from harness.probe.namespace import open_in
from harness.probe.packet_filter import Program

ETH_P_ALL = 3
SO_TIMESTAMPNS, SO_RCVBUFFORCE, SO_ATTACH_FILTER = 35, 33, 26
SOL_PACKET, PACKET_STATISTICS = 263, 6
STATISTICS = struct.Struct("=II")
"""``struct tpacket_stats`` (linux/if_packet.h): packets that the socket was given, and those it had no room for."""
TIMESPEC = struct.Struct("=qq")
RECEIVE_BUFFER = 8 << 20
SNAP = 65535


def open_tap(node: Node, device: str, passes: Program = ()) -> socket.socket:
    """A packet socket on one interface of a node, with the kernel's time stamps. Raises ``CannotMeasure``."""

    def make() -> socket.socket:
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        try:
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            if passes:
                attach(sock, passes)
            sock.bind((device, ETH_P_ALL))  # only now does it hear anything: not the other interfaces' packets before
        except OSError as error:
            sock.close()
            raise CannotMeasure(f"cannot capture on {device} of node {node.name}: {error}") from error
        return sock

    return open_in(node, make)


def missed(sock: socket.socket) -> int:
    """How many packets a tap had no room for."""
    try:
        return int(STATISTICS.unpack(sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, STATISTICS.size))[1])
    except OSError:  # closed with its node
        return 0


def attach(sock: socket.socket, program: Program) -> None:
    """Let the kernel give a socket only what a program passes."""
    lines = ctypes.create_string_buffer(b"".join(program))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(program), ctypes.addressof(lines)))


def stamp(ancillary: Sequence[tuple[int, int, bytes]]) -> float:
    """The kernel's stamp (CLOCK_REALTIME) on the monotonic clock; the two are compared anew each time."""
    now, wall = time.monotonic(), time.time()
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = TIMESPEC.unpack_from(data)
            return float(now - (wall - (seconds + nanoseconds / 1e9)))
    return now
