"""HTTP from inside a node to an explicit address, with Host and SNI chosen apart from it."""

from __future__ import annotations

import hashlib
import http.client
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import Answer, Family, Seen, record
from harness.history.silence import Subject
from harness.node import Node
from harness.probe import patience
from harness.probe.address import checked
from harness.probe.dial import dial
from harness.probe.side_by_side import side_by_side
from harness.probe.tls import Tls, failure, wrap

KIND = "http"
WAIT_SECONDS, HURRIED_SECONDS = 4.0, 3.0
"""An application may itself wait 2 s before it goes on without a family; else pages take milliseconds."""
MOST_BODY = 8 << 20
KEPT_OF_BODY = 64 << 10


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask for. ``host`` is the Host header; ``tls`` none is plain HTTP; ``port`` 0 is 80 or 443."""

    host: str
    path: str = "/"
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    tls: Tls | None = None
    port: int = 0

    @property
    def real_port(self) -> int:
        """The port to connect to."""
        return self.port or (443 if self.tls else 80)


class HttpAsk(NamedTuple):
    """Who asks whom for what."""

    node: Node
    family: Family
    address: str
    request: Request


def fetch(
    history: History, node: Node, family: Family, address: str, request: Request, timeout: float = WAIT_SECONDS
) -> Seen:
    """Ask for one page; redirections are shown, not followed.

    A *reply* is any HTTP response: ``data`` has ``status``, ``version``, ``headers`` (names in lower case, values in
    lists), ``body_size``, ``body_sha256``, TLS data (see ``tls.describe``) and ``connect_ms``, ``tls_ms``,
    ``first_byte_ms`` (since the request was sent), ``total_ms``; ``raw`` is the body (its first 64 KiB).
    *refusal* also stands for a failed handshake, a certificate that is not trusted (``tls_error``) and a connection
    that was closed without a response; ``connected`` is then true. Errors as those of ``dial``.
    """
    checked(family, address)
    began = time.monotonic()
    port, spoken = patience.tcp(node, family, address, request.real_port), _spoken(family, address, request)
    connecting = patience.wait_for(history, min(timeout, patience.KERNEL_SECONDS), port)
    timeout = patience.wait_for_words(history, timeout, spoken, hurried=min(timeout, HURRIED_SECONDS))
    answer, by, data, body = _ask(node, family, address, request, began + timeout, connecting)
    patience.note(history, "reply" if data.get("connected") else answer, port)
    if data.get("connected"):
        patience.note(history, answer, spoken)
    data["total_ms"] = _ms(began)
    asked = {"address": address, "port": request.real_port, "method": request.method, "path": request.path}
    asked |= {"host": request.host, "tls": request.tls is not None}
    asked |= {"server_name": request.tls.server_name} if request.tls else {}
    return record(
        history, Seen(time.monotonic(), node.name, family, KIND, asked, answer, by, data, body[:KEPT_OF_BODY])
    )


def fetch_many(history: History, asks: Sequence[HttpAsk], timeout: float = WAIT_SECONDS) -> list[Seen]:
    """Ask all side by side; what was seen in the order of ``asks``."""
    return side_by_side(lambda ask: fetch(history, ask.node, ask.family, ask.address, ask.request, timeout), asks)


def _spoken(family: Family, address: str, request: Request) -> Subject:
    return patience.application(family, KIND, address, request.real_port)


def _ask(
    node: Node, family: Family, address: str, request: Request, deadline: float, connecting: float
) -> tuple[Answer, str, dict[str, Any], bytes]:
    dialled = dial(node, family, address, request.real_port, connecting)
    data: dict[str, Any] = dict(dialled.data)
    if dialled.sock is None:
        return dialled.answer, dialled.by, data, b""
    data |= {"connect_ms": data.pop("rtt_ms"), "connected": True}
    sock = dialled.sock
    try:
        sock.settimeout(max(0.001, deadline - time.monotonic()))
        if request.tls:
            _check_ca(request.tls)
            sock, said = wrap(sock, request.tls)
            data |= said
        found, body = _talk(sock, request, deadline)
        return "reply", address, data | found, body
    except TimeoutError:
        return "silence", "", data, b""
    except ssl.SSLError as error:
        return "refusal", address, data | failure(error), b""
    except (OSError, http.client.HTTPException) as error:
        return "refusal", address, data | {"reason": f"{type(error).__name__}: {error}"}, b""
    finally:
        sock.close()


def _talk(sock: Any, request: Request, deadline: float) -> tuple[dict[str, Any], bytes]:
    connection = http.client.HTTPConnection("unused")
    connection.sock = sock
    connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
    headers = {"Host": request.host, "Connection": "close", "User-Agent": "v6lab"} | dict(request.headers)
    if request.body or request.method in ("POST", "PUT"):
        headers["Content-Length"] = str(len(request.body))
    for name, value in headers.items():
        connection.putheader(name, value)
    sent = time.monotonic()
    connection.endheaders(request.body or None)
    response = connection.getresponse()
    data = {"first_byte_ms": _ms(sent), "status": response.status, "version": f"HTTP/{response.version / 10}"}
    sock.settimeout(max(0.001, deadline - time.monotonic()))
    body = response.read(MOST_BODY)
    headers_seen: dict[str, list[str]] = {}
    for name, value in response.getheaders():
        headers_seen.setdefault(name.lower(), []).append(value)
    data |= {"headers": headers_seen, "body_size": len(body), "body_sha256": hashlib.sha256(body).hexdigest()}
    return data, body


def _check_ca(tls: Tls) -> None:
    try:
        tls.context()
    except (OSError, ssl.SSLError) as error:
        raise CannotMeasure(f"the CA file {tls.ca} cannot be used: {error}") from error


def _ms(since: float) -> float:
    return round((time.monotonic() - since) * 1000, 3)
