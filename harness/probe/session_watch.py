"""When BGP sessions come and go, as their routers see it: asked every few milliseconds while something is broken."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import Family
from harness.node import Node
from harness.probe.frr import frr

EVERY_SECONDS = 0.02
COMMAND = "show bgp summary json"
ESTABLISHED = "Established"
TABLES: Mapping[str, Family] = {"ipv4Unicast": 4, "ipv6Unicast": 6}


@dataclass(frozen=True, slots=True)
class Change:
    """A session of ``router`` with ``peer`` was in another state ``at`` (CLOCK_MONOTONIC) than at the look before,
    ``after``: it changed between the two, and a busy machine looks late."""

    at: float
    after: float
    router: str
    peer: str
    family: Family
    state: str


class SessionWatch:
    """Notes all changes from ``with`` to its end; each also goes into the history."""

    def __init__(self, history: History, routers: Sequence[Node]) -> None:
        self.history, self.routers = history, tuple(routers)
        self.changes: list[Change] = []
        self.states: dict[tuple[str, str], str] = {}
        self._looked: dict[str, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="session-watch", daemon=True)

    def __enter__(self) -> SessionWatch:
        self._look(first=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def down_at(self, router: str, peer: str, since: float) -> float | None:
        """When the session was last seen established before it went down after ``since``."""
        return next(
            (
                max(since, each.after)
                for each in tuple(self.changes)
                if (each.router, each.peer) == (router, peer) and each.at >= since and each.state != ESTABLISHED
            ),
            None,
        )

    def is_up(self, router: str, peer: str) -> bool:
        """Whether it is established now."""
        return self.states.get((router, peer)) == ESTABLISHED

    def _run(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            self._look()

    def _look(self, first: bool = False) -> None:
        for router in self.routers:
            asked = time.monotonic()
            try:
                answer = frr(None, router, "bgpd", COMMAND)
            except CannotMeasure:
                if first:
                    raise
                continue
            before, now = self._looked.get(router.name, asked), asked
            self._looked[router.name] = now
            for family, peer, state in sessions(answer):
                known = self.states.get((router.name, peer))
                self.states[router.name, peer] = state
                if not first and (known == ESTABLISHED) != (state == ESTABLISHED):
                    self._note(Change(now, before, router.name, peer, family, state))

    def _note(self, change: Change) -> None:
        self.changes.append(change)
        data = {"family": change.family, "peer": change.peer, "state": change.state}
        self.history.append("probe.session", change.router, data, change.at)


def sessions(answer: Mapping[str, Any]) -> Iterator[tuple[Family, str, str]]:
    """(family, peer, state) of each session in the answer to ``show bgp summary json``."""
    for table, family in TABLES.items():
        for peer, each in answer.get(table, {}).get("peers", {}).items():
            yield family, peer, str(each.get("state", ""))
