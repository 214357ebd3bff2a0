"""When routers lose and find their neighbours, by BFD, BGP and OSPF: asked every few milliseconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import Family
from harness.node import Node
from harness.probe.frr import daemons, frr
from harness.probe.session_watch import ESTABLISHED
from harness.probe.session_watch import sessions as bgp_sessions

Protocol = Literal["bfd", "bgp", "ospf"]
EVERY_SECONDS = 0.02
PATIENCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Adjacency:
    """A neighbour of ``router`` in one protocol: ``peer`` is its address, of OSPF its router ID and the interface."""

    router: str
    protocol: Protocol
    family: Family
    peer: str


@dataclass(frozen=True, slots=True)
class Turn:
    """An adjacency came up or went down ``at`` (CLOCK_MONOTONIC); at the look before, ``after``, it had not yet."""

    at: float
    after: float
    adjacency: Adjacency
    up: bool


def bfd_up(answer: Any) -> Iterator[tuple[Family, str]]:
    """(family, peer) of each session that is up, of ``show bfd peers json``."""
    for each in answer:
        if each.get("status") == "up":
            peer = str(each.get("peer"))
            yield (6 if ":" in peer else 4), f"{peer} on {each.get('interface', 'any')}"


def bgp_up(answer: Mapping[str, Any]) -> Iterator[tuple[Family, str]]:
    """The same of ``show bgp summary json``."""
    for family, peer, state in bgp_sessions(answer):
        if state == ESTABLISHED:
            yield family, peer


def ospf_up(answer: Mapping[str, Any]) -> Iterator[tuple[Family, str]]:
    """The same of ``show ip ospf neighbor json``."""
    for router, neighbours in answer.get("neighbors", {}).items():
        for each in neighbours:
            if str(each.get("nbrState")).startswith("Full"):
                yield 4, f"{router} on {each.get('ifaceName')}"


def ospf6_up(answer: Mapping[str, Any]) -> Iterator[tuple[Family, str]]:
    """The same of ``show ipv6 ospf6 neighbor json``."""
    for each in answer.get("neighbors", []):
        if each.get("state") == "Full":
            yield 6, f"{each.get('neighborId')} on {each.get('interfaceName')}"


ASKED: Mapping[str, tuple[Protocol, str, Callable[[Any], Iterator[tuple[Family, str]]]]] = {
    "bfdd": ("bfd", "show bfd peers json", bfd_up),
    "bgpd": ("bgp", "show bgp summary json", bgp_up),
    "ospfd": ("ospf", "show ip ospf neighbor json", ospf_up),
    "ospf6d": ("ospf", "show ipv6 ospf6 neighbor json", ospf6_up),
}
"""Daemon → its protocol, the question, and which adjacencies are up by the answer."""


class AdjacencyWatch:
    """Notes every turn from ``with`` to its end; each also goes into the history. A router that dies is not asked."""

    def __init__(self, history: History, routers: Sequence[Node], protocols: Sequence[Protocol]) -> None:
        self.history = history
        self.turns: list[Turn] = []
        self.up: dict[tuple[str, str], frozenset[Adjacency]] = {}
        self._looked: dict[tuple[str, str], float] = {}
        self._asked = [
            (router, daemon) for router in routers for daemon in daemons(router) if _protocol(daemon) in protocols
        ]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="adjacency-watch", daemon=True)

    def __enter__(self) -> AdjacencyWatch:
        for router, daemon in self._asked:
            self._look(router, daemon, first=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def down_at(self, router: str, protocol: Protocol, family: Family, since: float) -> float | None:
        """When the first neighbour that ``router`` lost after ``since`` was last seen up."""
        wanted = router, protocol, family
        return next(
            (
                max(since, each.after)
                for each in tuple(self.turns)
                if not each.up
                and each.at >= since
                and (each.adjacency.router, each.adjacency.protocol, each.adjacency.family) == wanted
            ),
            None,
        )

    def lost(self, since: float) -> tuple[Adjacency, ...]:
        """Those that went down after ``since`` and are not up now."""
        up = frozenset().union(*tuple(self.up.values()))
        gone = (each.adjacency for each in tuple(self.turns) if not each.up and each.at >= since)
        return tuple(dict.fromkeys(each for each in gone if each not in up))

    def _run(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            for router, daemon in self._asked:
                self._look(router, daemon)

    def _look(self, router: Node, daemon: str, first: bool = False) -> None:
        protocol, command, read = ASKED[daemon]
        key, asked = (router.name, daemon), time.monotonic()
        try:
            answer = frr(None, router, daemon, command, PATIENCE_SECONDS)
        except CannotMeasure:
            if first:
                raise
            return
        up = frozenset(Adjacency(router.name, protocol, family, peer) for family, peer in read(answer))
        known, before = self.up.get(key, up), self._looked.get(key, asked)
        self.up[key], self._looked[key] = up, asked
        for each in known ^ up:
            self._note(Turn(asked, before, each, each in up))

    def _note(self, turn: Turn) -> None:
        self.turns.append(turn)
        found = turn.adjacency
        data = {"protocol": found.protocol, "family": found.family, "peer": found.peer, "up": turn.up}
        self.history.append("probe.adjacency", found.router, data, turn.at)


def _protocol(daemon: str) -> Protocol | None:
    return ASKED[daemon][0] if daemon in ASKED else None
