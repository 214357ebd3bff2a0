"""One command in a container, with standard input, a time-out and its two outputs apart."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError

from harness.engine.base import Completed
from harness.errors import CannotMeasure
from harness.wait import Deadline

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""What a shell says of a command that does not exist, or cannot be executed (POSIX, Shell Command Language 2.8.2)."""

LOOK_SECONDS = 0.2
"""A daemon that the command left behind may hold its output open: so often it is asked whether the command has ended."""

_HEADER = struct.Struct(">BxxxL")
_OUT, _ERR = 1, 2


def run(
    client: docker.DockerClient, container: str, node: str, argv: Sequence[str], stdin: bytes, timeout: float
) -> Completed:
    """Run ``argv`` to its end. Raises ``CannotMeasure`` where it cannot be run or does not end in time."""
    api = client.api
    try:
        made = api.exec_create(container, list(argv), stdin=bool(stdin), stdout=True, stderr=True)
        stream: Any = api.exec_start(made["Id"], socket=True)
    except (APIError, OSError) as error:
        raise CannotMeasure(f"{node}: {argv[0]} cannot be run: {explanation(error)}") from error
    try:
        frames = _Frames(stream._sock)
        if not _converse(api, made["Id"], frames, stdin, Deadline.after(timeout)):
            _kill(api.exec_inspect(made["Id"])["Pid"])
            raise CannotMeasure(f"{node}: {' '.join(argv)} did not end in {timeout:g} s")
    except OSError as error:
        raise CannotMeasure(f"{node}: {argv[0]}: the connection to Docker broke: {error}") from error
    finally:
        stream._sock.close()
        stream.close()
    return completed(argv, api.exec_inspect(made["Id"])["ExitCode"], frames.text(_OUT), frames.text(_ERR))


def completed(argv: Sequence[str], code: int, out: str, err: str) -> Completed:
    """The answer as any engine gives it: Docker tells on the standard output what it could not execute."""
    if code in (NOT_FOUND, NOT_EXECUTABLE) and "OCI runtime exec failed" in out:
        missing = "no such file" in out or "not found" in out
        why = "not found" if missing else "cannot be executed"
        return Completed(tuple(argv), NOT_FOUND if missing else NOT_EXECUTABLE, "", f"{argv[0]}: {why}\n")
    return Completed(tuple(argv), code, out, err)


def explanation(error: Exception) -> str:
    """Docker's own words."""
    return str(getattr(error, "explanation", None) or error)


class _Frames:
    """Docker's stream: frames of a header (which output, how long) and content."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._rest = b""
        self._got: dict[int, bytearray] = {_OUT: bytearray(), _ERR: bytearray()}

    def take(self, data: bytes) -> None:
        self._rest += data
        while len(self._rest) >= _HEADER.size:
            kind, length = _HEADER.unpack_from(self._rest)
            end = _HEADER.size + length
            if len(self._rest) < end:
                return
            self._got[kind] += self._rest[_HEADER.size : end]
            self._rest = self._rest[end:]

    def text(self, kind: int) -> str:
        return self._got[kind].decode(errors="replace")


def _converse(api: Any, exec_id: str, frames: _Frames, stdin: bytes, deadline: Deadline) -> bool:
    """Write the input and read the output; whether the command ended before the deadline.

    Both at once: a command that answers more than a pipe holds before it has read all would wait for us.
    """
    connection, left = frames.connection, memoryview(stdin)
    connection.setblocking(False)
    ended = False
    while deadline.left:
        read, write = _ready(connection, bool(left), min(LOOK_SECONDS, deadline.left))
        if write:
            with contextlib.suppress(BlockingIOError):
                left = left[connection.send(left[:65536]) :]
            if not left:
                connection.shutdown(socket.SHUT_WR)
        if read:
            data = connection.recv(1 << 16)
            if not data:
                return True
            frames.take(data)
        elif not write:
            if ended:
                return True
            ended = not api.exec_inspect(exec_id)["Running"]
    return False


def _ready(connection: socket.socket, writing: bool, seconds: float) -> tuple[bool, bool]:
    poll = select.poll()
    poll.register(connection, select.POLLIN | (select.POLLOUT if writing else 0))
    events = dict(poll.poll(seconds * 1000)).get(connection.fileno(), 0)
    return bool(events & ~select.POLLOUT), bool(events & select.POLLOUT)


def _kill(pid: int) -> None:
    """End the command and what it started; a command without a terminal has no group of its own."""
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(pid, signal.SIGKILL)
        for child in children:
            _kill(int(child))
