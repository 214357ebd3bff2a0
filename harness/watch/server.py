"""The page on the loopback: its sockets, its server, and an orderly end of all that it began."""

from __future__ import annotations

import asyncio
import errno
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import uvicorn

from harness.errors import WrongInput
from harness.watch.app import Page

LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
DEFAULT_PORT = 8646
TOKEN_BYTES = 32
GRACE_SECONDS = 2


def token() -> str:
    """A fresh token, too long to be guessed."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def listen(port: int) -> list[socket.socket]:
    """Sockets on the loopback of both families, IPv4's first; ``port`` 0 takes one that is free.

    Raises ``WrongInput`` where the port is taken. A machine without IPv6 has the one socket.
    """
    opened: list[socket.socket] = []
    try:
        for family, address in LOOPBACKS:
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
            except OSError:
                continue  # no IPv6 at all
            opened.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                sock.bind((address, port))
                sock.listen()  # now, so that a port in use is known before anything else is begun
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL and family == socket.AF_INET6:
                    opened.pop().close()
                    continue
                raise
            port = opened[0].getsockname()[1]
    except OSError as error:
        for sock in opened:
            sock.close()
        if error.errno == errno.EADDRINUSE:
            raise WrongInput(f"port {port} is in use", where="--port", hint="name another one; --port 0 finds one") from error  # fmt: skip
        raise WrongInput(f"port {port}: {error.strerror}", where="--port", hint="name another one") from error
    return opened


def serve(page: Page, sockets: list[socket.socket], ready: Callable[[], None]) -> None:
    """Answer until SIGINT or SIGTERM; ``ready`` is called when answers are given. The sockets are closed then."""
    config = uvicorn.Config(
        page.asgi,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        http="h11",
        loop="asyncio",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config, page, ready)
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(server.serve(sockets))
    finally:
        for sock in sockets:
            sock.close()


class _Server(uvicorn.Server):
    """uvicorn's, but pages that follow the stream are let go when it ends, and a signal is no error."""

    def __init__(self, config: uvicorn.Config, page: Page, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._page, self._ready = page, ready
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn has it, and then say that it is up."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets=sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Asked to end: by whatever signal, in order. It is not raised again afterwards."""
        self.should_exit = True
        if self._loop:
            self._loop.call_soon_threadsafe(self._page.stream.close)
