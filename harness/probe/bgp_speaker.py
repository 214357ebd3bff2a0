"""A BGP speaker of the harness's own in a node: it waits to be called, announces what it was told, notes what it hears."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass
from types import TracebackType

from harness.history.history import History
from harness.history.seen import PREFIX, Family
from harness.node import Node
from harness.probe import bgp_message as bgp
from harness.probe.address import sockaddr, socket_family
from harness.probe.namespace import open_in

KIND = "bgp"
PORT = 179
HOLD_SECONDS = 9
LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the speaker is: its AS, its router id, and its address, where it listens and which is its next hop."""

    family: Family
    address: str
    number: int
    router_id: str


class Speaker:
    """Answers whoever calls, one after the other, from ``with`` to its end; then one event tells what it heard.

    ``established`` is whether a session is up now, ``heard`` what is announced in it and not withdrawn,
    ``told_all`` whether the peer has said that this is all, ``ended`` why the last one went down. Raises ``CannotMeasure`` if something in the node has the port already.
    """

    def __init__(self, history: History, node: Node, identity: Identity, prefixes: tuple[str, ...]) -> None:
        self.history, self.node, self.identity, self.prefixes = history, node, identity, prefixes
        self.established = False
        self.heard: frozenset[str] = frozenset()
        self.told_all = False
        self.ended = "nobody has called"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bgp-speaker", daemon=True)

    def __enter__(self) -> Speaker:
        self._door = open_in(self.node, self._listen)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        self._door.close()
        asked = {"address": self.identity.address, "as": self.identity.number, "announced": self.prefixes}
        data = {"heard": sorted(self.heard), "ended": self.ended}
        seen = {"family": self.identity.family, "asked": asked, "answer": "reply", "by": "", "data": data, "raw": ""}
        self.history.append(PREFIX + KIND, self.node.name, seen)

    def _listen(self) -> socket.socket:
        sock = socket.socket(socket_family(self.identity.family), socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(sockaddr(self.identity.family, self.identity.address, PORT))
        sock.listen()
        sock.settimeout(LOOK_SECONDS)
        return sock

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                sock, _ = self._door.accept()
            except TimeoutError:
                continue
            with sock:
                try:
                    self._serve(sock)
                except (OSError, ValueError) as error:
                    self.ended = str(error)
                self.established = False

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(LOOK_SECONDS)
        own, data, told = self.identity, b"", time.monotonic()
        self.heard, self.told_all = frozenset(), False
        sock.sendall(bgp.open_message(own.number, HOLD_SECONDS, own.router_id, own.family))
        while not self._over.is_set():
            if self.established and time.monotonic() - told > HOLD_SECONDS / 3:
                told = time.monotonic()
                sock.sendall(bgp.message(bgp.KEEPALIVE))
            try:
                more = sock.recv(1 << 16)
            except TimeoutError:
                continue
            if not more:
                raise ConnectionResetError("the peer hung up")
            messages, data = bgp.split(data + more)
            for kind, body in messages:
                self._take(sock, kind, body)

    def _take(self, sock: socket.socket, kind: int, body: bytes) -> None:
        own = self.identity
        if kind == bgp.OPEN:
            sock.sendall(bgp.message(bgp.KEEPALIVE))
        elif kind == bgp.KEEPALIVE and not self.established:
            for prefix in self.prefixes:
                sock.sendall(bgp.announcement(own.family, prefix, own.number, own.address))
            self.established = True
        elif kind == bgp.UPDATE:
            announced, withdrawn = bgp.heard(body)
            self.heard = (self.heard - withdrawn) | announced
            self.told_all = self.told_all or bgp.is_end_of_rib(body)
        elif kind == bgp.NOTIFICATION:
            raise ConnectionResetError(f"NOTIFICATION {bgp.reason(body)}")
