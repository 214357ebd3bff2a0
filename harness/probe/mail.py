"""SMTP and submission from inside a node: one explicit server at an explicit address."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.history.history import History
from harness.history.seen import Family, Seen
from harness.node import Node
from harness.probe.conversation import Place, converse
from harness.probe.patience import KERNEL_SECONDS
from harness.probe.tls import Tls, describe

KIND = "smtp"
SMTP_PORT, SUBMISSION_PORT = 25, 587

Dialogue = list[dict[str, Any]]
"""What was said: ``{"command", "code", "text"}`` a line, code and text as the server gave them."""


@dataclass(frozen=True, slots=True)
class Login:
    """A mailbox's user and password."""

    user: str
    password: str


def banner(
    history: History,
    node: Node,
    family: Family,
    address: str,
    port: int = SMTP_PORT,
    *,
    hello: str = "probe.invalid",
    tls: Tls | None = None,
    timeout: float = 4.0,
) -> Seen:
    """Greet a server and say good-bye. With ``tls``, STARTTLS and greet again.

    Here and below: *reply* is any SMTP dialogue: ``data`` has ``dialogue`` (what was said, with codes), ``banner``
    (its code), ``extensions`` (of the last EHLO), TLS data; *refusal* is a connection that was refused, closed before
    the banner, or a failed handshake. Errors as those of ``dial``.
    """
    return _smtp(history, (node, family, address, port), {"do": "banner"}, hello, tls, timeout, lambda _: None, timeout)


def try_relay(
    history: History,
    node: Node,
    family: Family,
    address: str,
    sender: str,
    recipients: Sequence[str],
    *,
    port: int = SMTP_PORT,
    hello: str = "probe.invalid",
    tls: Tls | None = None,
    timeout: float = 10.0,
) -> Seen:
    """Ask whether a server would take mail from ``sender`` for each of ``recipients``: MAIL, RCPT, then RSET and QUIT.

    Nothing is sent. ``data["recipients"]`` has the code that each got; a 2xx for a foreign one is an open relay.
    """

    def talk(session: _Session) -> None:
        session.command("MAIL", f"FROM:<{sender}>")
        session.data["recipients"] = {each: session.command("RCPT", f"TO:<{each}>") for each in recipients}
        session.command("RSET")

    asked = {"do": "relay", "sender": sender, "recipients": list(recipients)}
    return _smtp(history, (node, family, address, port), asked, hello, tls, timeout, talk)


def send(
    history: History,
    node: Node,
    family: Family,
    address: str,
    sender: str,
    recipients: Sequence[str],
    message: bytes,
    *,
    port: int = SUBMISSION_PORT,
    hello: str = "probe.invalid",
    tls: Tls | None = None,
    login: Login | None = None,
    timeout: float = 15.0,
) -> Seen:
    """Hand in ``message`` (headers and body, RFC 5322). ``data["accepted"]`` is true if the server took it for all.

    It stops at the first command that is not answered with success; the dialogue shows which.
    """

    def talk(session: _Session) -> None:
        session.data["accepted"] = session.hand_in(sender, recipients, message, login)

    asked = {"do": "send", "sender": sender, "recipients": list(recipients), "user": login.user if login else ""}
    return _smtp(history, (node, family, address, port), asked, hello, tls, timeout, talk)


class _Smtp(smtplib.SMTP):
    """smtplib on a connection that is there already."""

    _host: str  # the name that STARTTLS sends as SNI; smtplib takes it from here only

    def __init__(self, sock: socket.socket, hello: str, timeout: float) -> None:
        self._given = sock
        super().__init__(local_hostname=hello, timeout=timeout)  # a name of its own would be looked up on the host

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._given


class _Session:
    """One SMTP session that writes down what is said."""

    def __init__(self, smtp: _Smtp, data: dict[str, Any], tls: Tls | None) -> None:
        self.smtp, self.data, self.tls = smtp, data, tls
        self.dialogue: Dialogue = data.setdefault("dialogue", [])

    def note(self, command: str, code: int, text: bytes) -> int:
        self.dialogue.append({"command": command, "code": code, "text": text.decode(errors="replace")})
        return code

    def command(self, verb: str, argument: str = "") -> int:
        return self.note(f"{verb} {argument}".strip(), *self.smtp.docmd(verb, argument))

    def greet(self) -> None:
        self.data["banner"] = self.note("", *self.smtp.connect("unused", SMTP_PORT))
        self.note("EHLO", *self.smtp.ehlo())
        if self.tls:
            self.smtp._host = self.tls.server_name
            if self.note("STARTTLS", *self.smtp.starttls(context=self.tls.context())) == 220:
                self.data |= describe(self.smtp.sock) if isinstance(self.smtp.sock, ssl.SSLSocket) else {}
                self.note("EHLO", *self.smtp.ehlo())
        self.data["extensions"] = sorted(self.smtp.esmtp_features)

    def hand_in(self, sender: str, recipients: Sequence[str], message: bytes, login: Login | None) -> bool:
        if login:
            try:
                self.note("AUTH", *self.smtp.login(login.user, login.password))
            except smtplib.SMTPAuthenticationError as error:
                self.note("AUTH", error.smtp_code, _bytes(error.smtp_error))
                return False
        if self.command("MAIL", f"FROM:<{sender}>") != 250:
            return False
        if any(self.command("RCPT", f"TO:<{each}>") not in (250, 251) for each in recipients):
            self.command("RSET")
            return False
        try:
            return self.note("DATA", *self.smtp.data(message)) == 250
        except smtplib.SMTPDataError as error:  # the server did not even ask for it
            self.note("DATA", error.smtp_code, _bytes(error.smtp_error))
            return False


def _smtp(
    history: History,
    place: Place,
    asked: dict[str, Any],
    hello: str,
    tls: Tls | None,
    timeout: float,
    talk: Callable[[_Session], None],
    connecting: float = KERNEL_SECONDS,
) -> Seen:
    data: dict[str, Any] = {}

    def whole(sock: socket.socket) -> None:
        session = _Session(_Smtp(sock, hello, timeout), data, tls)
        session.greet()
        talk(session)
        session.command("QUIT")

    asked = {"address": place[2], "port": place[3], "hello": hello, "starttls": tls is not None} | asked
    return converse(history, place, KIND, asked, data, timeout, whole, connecting)


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
