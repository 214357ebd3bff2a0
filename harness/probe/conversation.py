"""A dialogue on a TCP connection from inside a node, and how it ended: the frame of SMTP and IMAP."""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

from harness.history.history import History
from harness.history.seen import Answer, Family, Seen, record
from harness.node import Node
from harness.probe import patience
from harness.probe.address import checked
from harness.probe.dial import dial
from harness.probe.tls import failure

Place = tuple[Node, Family, str, int]
"""From which node, over which family, to which address and port."""


def converse(
    history: History,
    place: Place,
    kind: str,
    asked: dict[str, Any],
    data: dict[str, Any],
    timeout: float,
    talk: Callable[[socket.socket], None],
    connecting: float = patience.KERNEL_SECONDS,
) -> Seen:
    """Connect (in ``connecting`` seconds), ``talk`` on the connection (it fills ``data``) and record how that ended.

    *reply*: ``talk`` came to its end; *silence*: something in it took longer than ``timeout`` seconds; *refusal*: the
    connection was closed, a handshake failed or the protocol was broken (``reason``, and ``connected`` is true).
    """
    node, family, address, port = place
    taken = patience.tcp(node, family, address, port)
    # a daemon that is slow says nothing in 4 s and something in 10: those are two questions
    spoken = patience.application(family, f"{kind} in {timeout:g} s", address, port)
    allowed = patience.wait_for(history, min(timeout, connecting), taken)
    dialled = dial(node, family, checked(family, address), port, allowed)
    answer, by = dialled.answer, dialled.by
    data.update(dialled.data)
    if dialled.sock:
        data["connected"] = True
        with dialled.sock as sock:
            sock.settimeout(patience.wait_for_words(history, timeout, spoken))
            answer, reason = _guarded(talk, sock)
        data.update(reason)
        by = address if answer != "silence" else ""
        patience.note(history, answer, spoken)
    patience.note(history, dialled.answer, taken)
    return record(history, Seen(time.monotonic(), node.name, family, kind, asked, answer, by, data))


def _guarded(talk: Callable[[socket.socket], None], sock: socket.socket) -> tuple[Answer, dict[str, Any]]:
    try:
        talk(sock)
    except TimeoutError:
        return "silence", {}
    except ssl.SSLError as error:
        return "refusal", failure(error)
    except (OSError, smtplib.SMTPException, imaplib.IMAP4.error, EOFError) as error:
        return "refusal", {"reason": f"{type(error).__name__}: {error}"}
    return "reply", {}
