"""FRR's own view, asked over the daemons' vty sockets: no process, about a millisecond a command.

The protocol is that of vtysh: a command and a NUL go in; text comes out, ended by three NULs and a status byte.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import PREFIX, Family
from harness.node import Node

KIND = "frr"
VTY_DIRECTORY = Path("run/frr")
END = b"\0\0\0"
SHORT: Mapping[Family, str] = {4: "ipv4", 6: "ipv6"}
"""What FRR calls the families in BGP's commands."""
SUCCESS, WARNING = 0, 1
"""CMD_SUCCESS and CMD_WARNING of FRR's lib/command.h; a warning also comes with an empty answer to a question."""


def frr(history: History | None, node: Node, daemon: str, command: str, timeout: float = 5.0) -> Any:
    """What ``daemon`` (``bgpd``, ``zebra``, ``ospf6d`` …) answers to ``command``: parsed if it ends in ``json``,
    else the text. Raises ``CannotMeasure`` if the daemon is not there, does not answer in ``timeout`` seconds or
    does not know the command. What was answered is written to ``history`` unless that is ``None``.
    """
    deadline = time.monotonic() + timeout
    try:
        with _connect(node, daemon, timeout) as sock:
            _ask(sock, "enable", deadline)
            status, answer = _ask(sock, command, deadline)
    except OSError as error:
        why = "does not answer" if isinstance(error, TimeoutError) else f"cannot be asked: {error.strerror or error}"
        raise CannotMeasure(f"{daemon} of node {node.name} {why} ({command})") from error
    if status not in (SUCCESS, WARNING):
        raise CannotMeasure(f"{daemon} of node {node.name} refused {command!r} (status {status}): {answer.strip()}")
    found = parse(answer, command)
    if history is not None:
        data = {"family": None, "asked": {"daemon": daemon, "command": command}, "answer": "reply", "by": daemon}
        history.append(PREFIX + KIND, node.name, {**data, "data": {"answer": found}, "raw": ""})
    return found


def daemons(node: Node) -> tuple[str, ...]:
    """The daemons of ``node`` that listen for commands."""
    return tuple(sorted(path.stem for path in (node.root / VTY_DIRECTORY).glob("*.vty")))


def parse(answer: str, command: str) -> Any:
    """The answer to a command that asks for JSON as data, any other as it is. Raises ``CannotMeasure``."""
    if not command.rstrip().endswith("json"):
        return answer
    try:
        return json.loads(answer)
    except ValueError as error:
        raise CannotMeasure(f"{command!r} was not answered in JSON: {answer.strip()[:200]}") from error


def split_answer(data: bytes) -> tuple[int, str] | None:
    """Status and text of a whole answer, ``None`` while its end has not come."""
    if len(data) < 4 or data[-4:-1] != END:
        return None
    return data[-1], data[:-4].decode(errors="replace")


def _connect(node: Node, daemon: str, timeout: float) -> socket.socket:
    path = node.root / VTY_DIRECTORY / f"{daemon}.vty"
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(timeout)
    try:
        sock.connect(str(path))
    except OSError:
        sock.close()
        raise
    return sock


def _ask(sock: socket.socket, command: str, deadline: float) -> tuple[int, str]:
    sock.sendall(command.encode() + b"\0")
    data = bytearray()
    while (answer := split_answer(bytes(data[-4:]))) is None:
        sock.settimeout(max(0.001, deadline - time.monotonic()))
        more = sock.recv(1 << 16)
        if not more:
            raise ConnectionResetError(104, "the daemon hung up")
        data += more
    return answer[0], bytes(data[:-4]).decode(errors="replace")
