"""Which sessions and adjacencies are up: BGP's asked in turn all the time, all of a router's at once when it moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.errors import CannotMeasure
from harness.history.seen import Family
from harness.node import Node
from harness.probe.adjacency_watch import ASKED
from harness.probe.frr import daemons, frr
from harness.probe.session_watch import ESTABLISHED
from harness.probe.session_watch import sessions as bgp_sessions
from harness.watch.seen import SessionsSeen

OFTEN_SECONDS, SELDOM_SECONDS = 0.2, 1.0
"""BGP may lose a session without a route moving where it is seen; OSPF and BFD move routes or a carrier."""
PATIENCE_SECONDS = 0.5
FAMILIES: Mapping[str, tuple[Family, ...]] = {"bgpd": (4, 6), "bfdd": (4, 6), "ospfd": (4,), "ospf6d": (6,)}
SHORTEST_SECONDS = 0.005


class Sessions:
    """Asks from the beginning of ``with`` to its end, on a thread of its own. A router that dies is not asked."""

    def __init__(self, routers: Sequence[Node], tell: Callable[[SessionsSeen], None]) -> None:
        self._tell = tell
        self._due: dict[tuple[str, str], float] = {}
        self._routers: dict[str, Node] = {}
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="watch-sessions", daemon=True)
        self.renew(routers)

    def __enter__(self) -> Sessions:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._woken.set()
        self._thread.join()

    def renew(self, routers: Sequence[Node]) -> None:
        """The routers as they are now: those that came back are asked by their new handle."""
        found = {router.name: router for router in routers if router.state == "running" and router.pid}
        for name, router in found.items():
            if self._routers.get(name) != router:
                self._wake(name, router)
        with self._lock:
            self._routers = found  # what is asked of one that is gone stays due: it may come back

    @property
    def alive(self) -> bool:
        """Whether it still asks."""
        return self._thread.is_alive()

    def moved(self, router: str) -> None:
        """Something has happened there: ask all its daemons now."""
        if node := self._routers.get(router):
            self._wake(router, node)

    def _wake(self, name: str, node: Node) -> None:
        try:
            known = [daemon for daemon in daemons(node) if daemon in ASKED]
        except (CannotMeasure, OSError):
            return
        with self._lock:
            self._due |= {(name, daemon): 0.0 for daemon in known}
        self._woken.set()

    def _run(self) -> None:
        while not self._ended:
            self._woken.clear()
            now = time.monotonic()
            with self._lock:
                due = [key for key, at in self._due.items() if at <= now]
            for key in due:
                self._ask(*key)
                if self._ended:
                    return
            with self._lock:
                next_ = min(self._due.values(), default=now + SELDOM_SECONDS)
            self._woken.wait(max(SHORTEST_SECONDS, next_ - time.monotonic()))

    def _ask(self, name: str, daemon: str) -> None:
        asked = time.monotonic()
        with self._lock:
            node = self._routers.get(name)
            if (name, daemon) in self._due:
                self._due[name, daemon] = asked + (OFTEN_SECONDS if daemon == "bgpd" else SELDOM_SECONDS)
        if node is None:
            return
        protocol, command, _ = ASKED[daemon]
        try:
            answer = frr(None, node, daemon, command, PATIENCE_SECONDS)
        except CannotMeasure:
            return
        self._tell(SessionsSeen(asked, name, protocol, FAMILIES[daemon], read(daemon, answer), daemon == "bgpd"))


def read(daemon: str, answer: Any) -> dict[tuple[Family, str], bool]:
    """(family, peer) → whether it is up. All daemons but bgpd name only those that are."""
    if daemon == "bgpd":
        return {(family, peer): state == ESTABLISHED for family, peer, state in bgp_sessions(answer)}
    return dict.fromkeys(ASKED[daemon][2](answer), True)
