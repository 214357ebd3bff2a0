"""Who may ask: this machine only, by the page's own name, with the token. All else is refused before it is looked at.

A page of another site in the operator's browser can reach the loopback too, also under a name of its own that leads
there (DNS rebinding). So every request must name us as its host, none may come from another origin, and none is
answered without the token.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ("127.0.0.1", "localhost", "[::1]")
PARAMETER = "token"
SAME = ("same-origin", "none")
"""What a browser says of a request of the page itself, or of an address that was typed."""
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Stands before an application, as ASGI middleware."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app, self._token = app, token
        self.cookie = f"v6lab-watch-{port}"  # cookies do not tell ports apart, and two pages may be open
        self._hosts = tuple(f"{host}:{port}" for host in HOSTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, let in for the first time, or hand on."""
        if scope["type"] != "http":
            return
        headers, query = Headers(scope=scope), scope.get("query_string", b"").decode("latin-1")
        answer = self._answer(scope["method"], scope["path"], headers, query)
        await (answer or self._app)(scope, receive, _with_headers(send))

    def _answer(self, method: str, path: str, headers: Headers, query: str) -> Response | None:
        """What is answered at once; ``None``: the application answers."""
        if why := self._foreign(method, headers):
            return PlainTextResponse(f"v6lab watch: {why}\n", 403)
        offered = parse_qs(query).get(PARAMETER, [])
        if method == "GET" and path == "/" and offered and self._is_token(offered[0]):
            welcome = RedirectResponse("/", 303)  # the token does not stay in the address
            welcome.set_cookie(self.cookie, self._token, httponly=True, samesite="strict", path="/")
            return welcome
        if not self._is_token(_cookie(headers.getlist("cookie"), self.cookie)):
            return PlainTextResponse("v6lab watch: open the address that the command printed, with its token\n", 401)
        return None

    def _foreign(self, method: str, headers: Headers) -> str:
        """Why a request is not ours to answer; empty if it is."""
        host = headers.getlist("host")
        if len(host) != 1 or host[0] not in self._hosts:
            return "this is not its name"
        origin = headers.getlist("origin")
        if origin not in ([], [f"http://{host[0]}"]):
            return "another origin"
        if method not in ("GET", "HEAD") and not origin:
            return "no origin"
        if headers.get("sec-fetch-site", "none") not in SAME:
            return "another site"
        return ""

    def _is_token(self, offered: str) -> bool:
        return hmac.compare_digest(offered.encode("utf-8", "replace"), self._token.encode())


def _cookie(headers: Sequence[str], name: str) -> str:
    for header in headers:
        try:
            found = SimpleCookie(header).get(name)
        except CookieError:
            continue
        if found:
            return found.value
    return ""


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            ours = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", []), *ours]}
        await send(message)

    return sending
