"""Planned work on a border: drained first (RFC 8326), then shut, and taken into service again; nothing may get lost.

The border tells its own side first that another is to be preferred, and goes on using its ISP meanwhile. Were it to give
up its own ways at once, it would send to the other border what that one still sends to it, until it has heard. For the
same reason it tells one router after another, who is next to the other way out first: what a router that has moved sends
on then meets routers only that have moved, too. On the way back it is the other way round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from harness.drill.failover import KEPT_PACKETS, await_all, hold, prove_crossing
from harness.drill.flows import Crossing, Place, is_probe, seen_on, ways_of
from harness.errors import CannotMeasure
from harness.history.history import History
from harness.lab.lab import Lab
from harness.plan.model import Family
from harness.probe import route
from harness.probe.capture import Capture
from harness.probe.continuity import Continuity, Flow
from harness.probe.frr import SHORT, frr
from harness.probe.kernel import RouteState
from harness.probe.packet_filter import short
from harness.probe.session_watch import SessionWatch
from harness.verdict.outage import Phase

BASELINE_SECONDS = 0.3
DRAIN_SECONDS = 40.0
"""So long flows have to leave, and to come back: an unkind ISP keeps news back for 30 s."""
QUIET_SECONDS = 1.0
"""Nothing has crossed for so long: drained."""
MOVE_SECONDS = SHUT_SECONDS = 10.0
BACK_SECONDS = 30.0
AFTER_SECONDS = 1.0
LEAST_PACKETS = 3000
"""In each family: none lost of fewer would say less than "one in three thousand"."""
MESSAGE = "v6lab drill: planned work"
MAP = "RM-V6LAB-DRAIN"

Preferences = Mapping[tuple[Family, str], int]
"""Family and prefix, as an ISP told it → the preference that its path has."""


@dataclass(frozen=True, slots=True)
class Work:
    """A border ``router`` of AS ``number`` and its ISP: sessions at both ends as (router, peer's address, family),
    and the routers ``inside`` in the order in which they are told, each with its addresses. Flows cross at ``crosses`` and pass at ``leaves_to`` meanwhile."""

    router: str
    number: int
    sessions: tuple[tuple[str, str, Family], ...]
    inside: Mapping[str, Mapping[Family, str]]
    flows: tuple[Flow, ...]
    broken: tuple[Family, ...]
    directions: tuple[bool, ...]
    crosses: tuple[Place, ...]
    leaves_to: tuple[Place, ...]

    @property
    def peers(self) -> tuple[tuple[str, Family], ...]:
        """The ISP's addresses."""
        return tuple((peer, family) for router, peer, family in self.sessions if router == self.router)

    def policy(self) -> tuple[list[str], list[str]]:
        """What says that another is to be preferred, and what takes it back."""
        return [f"route-map {MAP} permit 10", "set local-preference 0"], [f"no route-map {MAP}"]

    def yielding(self, router: str) -> tuple[list[str], list[str]]:
        """What tells it to a router inside, and what takes it back."""
        return self._outward(router, ""), self._outward(router, "no ")

    def _outward(self, router: str, no: str) -> list[str]:
        lines = [f"router bgp {self.number}"]
        for family, peer in self.inside[router].items():
            lines += [f"address-family {SHORT[family]} unicast", f"{no}neighbor {peer} route-map {MAP} out"]
            lines.append("exit-address-family")
        return lines

    def leaving(self) -> tuple[list[str], list[str]]:
        """What tells the ISP to prefer others and prefers others to the ISP, and what takes it back."""
        return self._of_bgp("bgp graceful-shutdown"), self._of_bgp("no bgp graceful-shutdown")

    def shutting(self) -> tuple[list[str], list[str]]:
        """What shuts the sessions, with a word for whoever looks at the other end (RFC 9003), and what opens them."""
        shut = [f'neighbor {peer} shutdown message "{MESSAGE}"' for peer, _ in self.peers]
        return self._of_bgp(*shut), self._of_bgp(*(f"no neighbor {peer} shutdown" for peer, _ in self.peers))

    def _of_bgp(self, *lines: str) -> list[str]:
        return [f"router bgp {self.number}", *lines]


@dataclass(frozen=True, slots=True)
class Worked:
    """What the work came to. ``whole`` is over all ways from the beginning to the end; ``drained`` and ``returned`` are
    how long the flows took to leave and to come back, in seconds, ``None``: not all did. ``residue`` is what differs of
    the preferences afterwards."""

    began: float
    whole: Phase
    sent: Mapping[Family, int]
    lost: Mapping[Family, int]
    drained: float | None
    returned: float | None
    residue: tuple[str, ...]


def run(lab: Lab, history: History, work: Work) -> Worked:
    """Drain, shut, open and fill again. Raises ``CannotMeasure`` where it would prove nothing."""
    return _Running(lab, history, work).run()


class _Running:
    def __init__(self, lab: Lab, history: History, work: Work) -> None:
        self.lab, self.history, self.work = lab, history, work
        self.sessions = SessionWatch(history, [lab.node(router) for router, _, _ in work.sessions])
        self.probe = Continuity(history, work.flows)
        places = (*work.crosses, *work.leaves_to)
        self.capture = Capture(
            history, [(lab.node(node), port) for node, port in places], is_probe, keep=KEPT_PACKETS, passes=short()
        )
        self.expected: set[Crossing] = set()

    def run(self) -> Worked:
        work, began = self.work, time.monotonic()
        with self.sessions, self.capture, self.probe:
            hold(BASELINE_SECONDS)
            crossing = seen_on(self.capture, began, work.crosses)
            prove_crossing(crossing, work)
            self.expected = {each for each in crossing if work.flows[each[0]].family in work.broken}
            before = self._preferences()
            changed = time.monotonic()
            with self._yielded():
                outward = self._drained(changed, {each for each in self.expected if each[1]})
                with self._told(work.leaving()):
                    drained = self._drained(changed, self.expected) if outward is not None else None
                    if any(self._preferences().values()):
                        raise CannotMeasure(f"{work.router} prefers what its ISP told it although it is drained")
                    if drained is not None:
                        self._shut()
                hold(AFTER_SECONDS)
            mended = time.monotonic()
            returned = self._back(mended)
            hold(AFTER_SECONDS)
            residue = _differences(before, self._preferences())
        return self._concluded(began, drained, returned, residue)

    @contextmanager
    def _yielded(self) -> Iterator[None]:
        """The routers inside prefer others while the body runs."""
        with ExitStack() as stack:
            stack.enter_context(self._told(self.work.policy()))
            for router in self.work.inside:
                stack.enter_context(self._told_and_moved(router))
            yield

    @contextmanager
    def _told_and_moved(self, router: str) -> Iterator[None]:
        ways = self._ways_out(router)
        with self._told(self.work.yielding(router)):
            await_all({f"{router} has another way out": lambda: self._ways_out(router) != ways}, MOVE_SECONDS)
            yield
        await_all({f"{router} has its way out again": lambda: self._ways_out(router) == ways}, MOVE_SECONDS)

    def _ways_out(self, router: str) -> frozenset[RouteState]:
        node = self.lab.node(router)
        return frozenset(
            each
            for family in self.work.broken
            for each in route.routes(None, node, family)
            if each.destination == route.EVERYWHERE[family]
        )

    def _drained(self, since: float, wanted: set[Crossing]) -> float | None:
        """Wait until those that are to leave have left. How long that took, ``None``: not all have."""

        def away() -> bool:
            now = time.monotonic()
            still = seen_on(self.capture, max(since, now - QUIET_SECONDS), self.work.crosses)
            return now - since > QUIET_SECONDS and not wanted & still

        def elsewhere() -> bool:
            return wanted <= seen_on(self.capture, since, self.work.leaves_to)

        await_all({"nothing crosses": away, "flows pass elsewhere": elsewhere}, DRAIN_SECONDS)
        return time.monotonic() - since - QUIET_SECONDS if away() and elsewhere() else None

    def _shut(self) -> None:
        since = time.monotonic()
        with self._told(self.work.shutting()):
            down = {f"{each[0]} and {each[1]}": self._is_down(*each[:2], since) for each in self.work.sessions}
            await_all(down, SHUT_SECONDS)
            if still := [name for name, come in down.items() if not come()]:
                raise CannotMeasure(f"shut, and still established: {still[0]}")
            hold(AFTER_SECONDS)
        await_all({f"{each[0]} and {each[1]}": self._is_up(*each[:2]) for each in self.work.sessions}, BACK_SECONDS)
        hold(AFTER_SECONDS)

    def _back(self, since: float) -> float | None:
        def home() -> bool:
            return self.expected <= seen_on(self.capture, since, self.work.crosses)

        await_all({"flows are back": home}, DRAIN_SECONDS)
        return time.monotonic() - since if home() else None

    def _is_up(self, router: str, peer: str) -> Callable[[], bool]:
        return lambda: self.sessions.is_up(router, peer)

    def _is_down(self, router: str, peer: str, since: float) -> Callable[[], bool]:
        return lambda: self.sessions.down_at(router, peer, since) is not None

    @contextmanager
    def _told(self, lines: tuple[Sequence[str], Sequence[str]]) -> Iterator[None]:
        """The first of the lines while the body runs; the second take them back in any case."""
        do, undo = lines
        try:
            self._configure(do)
            yield
        finally:
            self._configure(undo)

    def _configure(self, lines: Sequence[str]) -> None:
        argv = ("vtysh", *(word for each in ("configure terminal", *lines) for word in ("-c", each)))
        answer = self.lab.exec(self.work.router, *argv)
        self.history.append("drill.configure", self.work.router, {"lines": list(lines), "out": answer.out[-500:]})
        if answer.code or "%" in answer.out:
            said = (answer.out or answer.err).strip()[:200]
            raise CannotMeasure(f"{self.work.router} refuses what the drill tells it: {said}")

    def _preferences(self) -> dict[tuple[Family, str], int]:
        """The preference of each path that the ISP told the border."""
        found = {}
        for peer, family in self.work.peers:
            table = frr(None, self.lab.node(self.work.router), "bgpd", f"show bgp {SHORT[family]} unicast json")
            for prefix, paths in table.get("routes", {}).items():
                for path in paths:
                    if path.get("peerId") == peer:
                        found[family, prefix] = int(path.get("locPrf", 0))
        if not found:
            raise CannotMeasure(f"{self.work.router} has no path of its ISP")
        return found

    def _concluded(
        self, began: float, drained: float | None, returned: float | None, residue: tuple[str, ...]
    ) -> Worked:
        results = self.probe.result()
        ways = tuple(way for result in results for _, way in ways_of(result))
        sent: dict[Family, int] = {}
        lost: dict[Family, int] = {}
        for each in results:
            for way in (each.there, each.back):
                sent[each.family] = sent.get(each.family, 0) + way.sent
                lost[each.family] = lost.get(each.family, 0) + way.sent - way.received
        if few := [family for family in self.work.broken if sent[family] < LEAST_PACKETS]:
            raise CannotMeasure(f"only {sent[few[0]]} packets of IPv{few[0]} were sent, of {LEAST_PACKETS} at least")
        whole = Phase(f"planned work on {self.work.router}", began, time.monotonic(), ways)
        return Worked(began, whole, sent, lost, drained, returned, residue)


def _differences(before: Preferences, after: Preferences) -> tuple[str, ...]:
    return tuple(
        f"IPv{family} {prefix} of the ISP has preference {after.get((family, prefix))}, and had {before.get((family, prefix))}"
        for family, prefix in sorted(before.keys() | after.keys())
        if before.get((family, prefix)) != after.get((family, prefix))
    )
