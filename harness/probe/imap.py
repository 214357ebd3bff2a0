"""IMAP from inside a node: has a message arrived in a mailbox?"""

from __future__ import annotations

import contextlib
import imaplib
import socket
import ssl
from typing import Any

from harness.history.history import History
from harness.history.seen import Family, Seen
from harness.node import Node
from harness.probe.conversation import converse
from harness.probe.mail import Login
from harness.probe.tls import Tls, describe, wrap

KIND = "imap"
IMAP_PORT, IMAPS_PORT = 143, 993


def find(
    history: History,
    node: Node,
    family: Family,
    address: str,
    login: Login,
    subject: str,
    *,
    port: int = IMAPS_PORT,
    tls: Tls | None = None,
    mailbox: str = "INBOX",
    timeout: float = 10.0,
) -> Seen:
    """Log in by IMAP and look for messages with ``subject``: ``data["found"]`` is how many.

    With ``tls`` the connection begins with TLS on port 993 and with STARTTLS on any other. A *reply* has
    ``data["logged_in"]``; ``data["error"]`` is what the server said no to. Errors as those of ``dial``.
    """
    asked = {"do": "find", "address": address, "port": port, "user": login.user, "subject": subject}
    data: dict[str, Any] = {"logged_in": False, "found": 0}

    def talk(sock: socket.socket) -> None:
        if tls and port == IMAPS_PORT:
            sock, said = wrap(sock, tls)
            data.update(said)
        box = _Imap(sock)
        try:
            if tls and port != IMAPS_PORT:
                box.host = tls.server_name
                box.starttls(tls.context())
                data.update(describe(box.sock) if isinstance(box.sock, ssl.SSLSocket) else {})
            box.login(login.user, login.password)
            data["logged_in"] = True
            box.select(mailbox, readonly=True)
            _, numbers = box.search(None, "SUBJECT", '"' + subject.replace("\\", "").replace('"', "") + '"')
            data["found"] = len((numbers[0] or b"").split())
            box.logout()
        except imaplib.IMAP4.error as error:
            data["error"] = str(error)
        finally:
            with contextlib.suppress(OSError):  # closed already after a logout
                box.shutdown()

    return converse(history, (node, family, address, port), KIND, asked, data, timeout, talk)


class _Imap(imaplib.IMAP4):
    """imaplib on a connection that is there already."""

    def __init__(self, sock: socket.socket) -> None:
        self._given = sock
        super().__init__("unused")

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._given
