"""One failover: packets on many flows, something that breaks, proof that they crossed it and left it, and the way back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Protocol

from harness.drill.flows import DIRECTIONS, Crossing, Place, is_probe, seen_on, ways_of
from harness.errors import CannotMeasure
from harness.fault.base import Fault, applied
from harness.history.history import History
from harness.lab.lab import Lab
from harness.plan.model import Family
from harness.probe import adjacency_watch
from harness.probe.adjacency_watch import AdjacencyWatch
from harness.probe.capture import Capture
from harness.probe.continuity import Continuity, Flow
from harness.probe.packet_filter import short
from harness.probe.session_watch import Change, SessionWatch
from harness.verdict.outage import Detection, Phase, Way
from harness.wait import Condition, Deadline, until

BASELINE_SECONDS = 0.3
"""So long packets must have crossed, none lost, before anything is broken."""
MOVE_SECONDS = 5.0
"""More than any target: who has not moved by then has failed it."""
RETURN_SECONDS = 20.0
AFTER_SECONDS = 0.5
"""A loss that follows the first packet on the new way is seen too."""
KEPT_PACKETS = 200_000

Session = tuple[str, str, Family]
"""A router, its BGP peer's address, and the family."""
Notice = tuple[str, adjacency_watch.Protocol, Family]
"""A router that must notice, by what, in which family."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is broken and what is looked at. Flows cross what breaks at ``crosses`` and pass at ``leaves_to`` afterwards.

    ``broken`` are the families that must move, ``directions`` those (true is outbound) in which a flow of each must
    cross. ``name`` is what breaks, in words. ``renews``: the interfaces at ``crosses`` go away and come as others.
    ``forwards``: what breaks goes on forwarding, so that the first packet lost does not tell when it failed.
    ``patience``: who has not moved after so many seconds has failed its target, whatever it is.
    """

    name: str
    fault: Fault
    flows: tuple[Flow, ...]
    broken: tuple[Family, ...]
    directions: tuple[bool, ...]
    crosses: tuple[Place, ...]
    leaves_to: tuple[Place, ...]
    sessions: tuple[Session, ...] = ()
    notice: tuple[Notice, ...] = ()
    renews: bool = False
    forwards: bool = False
    patience: float = MOVE_SECONDS


class Crosses(Protocol):
    """Flows, of which those of the ``broken`` families must cross the interfaces ``crosses`` in ``directions``."""

    @property
    def flows(self) -> tuple[Flow, ...]:
        """All of them."""
        ...

    @property
    def broken(self) -> tuple[Family, ...]:
        """The families that must cross."""
        ...

    @property
    def directions(self) -> tuple[bool, ...]:
        """True is outbound."""
        ...

    @property
    def crosses(self) -> tuple[Place, ...]:
        """Where they cross."""
        ...


@dataclass(frozen=True, slots=True)
class Noticed:
    """When a router lost its first neighbour, in seconds after the failure; ``None``: it did not."""

    router: str
    protocol: adjacency_watch.Protocol
    family: Family
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Drill:
    """What one failure came to. ``out`` and ``back`` are over the ways that crossed the link, ``others`` over those
    of families that were not broken; ``not_back`` are the ways that have not returned to the link. ``failed`` is the
    instant of the failure (CLOCK_MONOTONIC): the first packet lost or what was noticed before it, whichever is earlier,
    else the beginning of breaking; its end where what is broken still forwards."""

    fault: str
    failed: float
    out: Phase
    others: Phase
    back: Phase
    detections: tuple[Detection, ...]
    noticed: tuple[Noticed, ...]
    not_back: tuple[str, ...]
    changes: tuple[Change, ...]
    evidence: tuple[str, ...]


def run(lab: Lab, history: History, scenario: Scenario) -> Drill:
    """Break it and mend it again. Raises ``CannotMeasure`` where it would prove nothing."""
    if not scenario.broken:
        raise CannotMeasure(f"no flow has a family that {scenario.fault} breaks at this stage")
    return _Running(lab, history, scenario).run()


class _Running:
    def __init__(self, lab: Lab, history: History, scenario: Scenario) -> None:
        self.lab, self.history, self.scenario = lab, history, scenario
        self.sessions = SessionWatch(history, [lab.node(name) for name in _routers(scenario.sessions)])
        protocols = tuple({protocol for _, protocol, _ in scenario.notice})
        self.adjacencies = AdjacencyWatch(history, [lab.node(name) for name in _routers(scenario.notice)], protocols)
        self.probe = Continuity(history, scenario.flows)
        self.capture = self._capture((*scenario.crosses, *scenario.leaves_to))
        self.expected: set[Crossing] = set()
        self.still: set[Crossing] = set()
        self.returned: set[Crossing] = set()
        self.began = self.broke = self.applied = self.mended = self.ended = 0.0

    def run(self) -> Drill:
        self.began = time.monotonic()
        with ExitStack() as stack:
            for each in (self.sessions, self.adjacencies, self.capture, self.probe):
                stack.enter_context(each)
            hold(BASELINE_SECONDS)
            crossing = seen_on(self.capture, self.began, self.scenario.crosses)
            prove_crossing(crossing, self.scenario)
            self.expected = {each for each in crossing if self.scenario.flows[each[0]].family in self.scenario.broken}
            with applied(self.scenario.fault, self.lab, self.history) as self.broke:
                self.applied = time.monotonic()
                self._away()
            self._home(stack)
        return self._concluded()

    def _away(self) -> None:
        wanted = {f"{each[0]} gives up {each[1]}": self._gave_up(each) for each in self.scenario.sessions}
        wanted |= {f"{each} notices": self._noticed(each) for each in self.scenario.notice}
        leaves_to = self.scenario.leaves_to
        wanted["flows have moved"] = lambda: self.expected <= seen_on(self.capture, self.broke, leaves_to)
        await_all(wanted, self.scenario.patience)
        hold(AFTER_SECONDS)
        self.mended = time.monotonic()
        since = self.mended - AFTER_SECONDS / 2
        self.still = seen_on(self.capture, since, self.scenario.crosses) & self.expected

    def _gave_up(self, session: Session) -> Callable[[], bool]:
        return lambda: self._gave_up_at(session) is not None

    def _gave_up_at(self, session: Session) -> float | None:
        router, peer, _ = session
        return self.sessions.down_at(router, peer, self.broke)

    def _noticed(self, notice: Notice) -> Callable[[], bool]:
        return lambda: self._noticed_at(notice) is not None

    def _noticed_at(self, notice: Notice) -> float | None:
        return self.adjacencies.down_at(*notice, self.broke)

    def _is_up(self, router: str, peer: str) -> Callable[[], bool]:
        return lambda: self.sessions.is_up(router, peer)

    def _home(self, stack: ExitStack) -> None:
        capture, places = self.capture, self.scenario.crosses
        if self.scenario.renews:
            capture = stack.enter_context(self._capture(places))
        wanted = {f"{router} and {peer}": self._is_up(router, peer) for router, peer, _ in self.scenario.sessions}
        wanted["neighbours are back"] = lambda: not self.adjacencies.lost(self.broke)
        wanted["flows are back"] = lambda: self.expected <= seen_on(capture, self.mended + 0.1, places)
        await_all(wanted, RETURN_SECONDS)
        hold(AFTER_SECONDS)
        self.ended = time.monotonic()
        self.returned = seen_on(capture, self.ended - AFTER_SECONDS, places)

    def _capture(self, places: Sequence[Place]) -> Capture:
        at = [(self.lab.node(node), device) for node, device in places]
        return Capture(self.history, at, is_probe, keep=KEPT_PACKETS, passes=short())

    def _concluded(self) -> Drill:
        fault, chosen = self.scenario.name, self.scenario.flows
        ways = {(index, out): way for index, result in enumerate(self.probe.result()) for out, way in ways_of(result)}
        out = Phase(fault, self.broke, self.mended, tuple(ways[each] for each in sorted(self.expected)))
        prove_left(out, self.still, ways, self.mended)
        lost_before = [str(way) for way in ways.values() if way.outage_ms(self.began, self.broke)]
        if lost_before:
            raise CannotMeasure(f"packets were lost before anything was broken: {', '.join(lost_before)}")
        lost = [loss.began for way in out.ways for loss in way.losses if self.broke <= loss.began < self.mended]
        gave_up = {each: self._gave_up_at(each) for each in self.scenario.sessions}
        noticed = {each: self._noticed_at(each) for each in self.scenario.notice}
        known = [at for at in (*gave_up.values(), *noticed.values()) if at is not None]
        cut = self.applied if self.scenario.forwards else min(lost + known if lost else [self.broke])
        untouched = tuple(
            way for (index, _), way in sorted(ways.items()) if chosen[index].family not in self.scenario.broken
        )
        back = Phase(f"fail-back after {fault}", self.mended, self.ended, tuple(ways[each] for each in sorted(ways)))
        events = self.history.events(since=self.began)
        return Drill(
            fault,
            cut,
            out,
            replace(out, ways=untouched),
            back,
            tuple(Detection(*each, _since(cut, at)) for each, at in gave_up.items()),
            tuple(Noticed(*each, _since(cut, at)) for each, at in noticed.items()),
            tuple(str(ways[each]) for each in sorted(self.expected - self.returned)),
            tuple(self.sessions.changes),
            tuple(event.reference for event in events if event.kind.startswith(("fault", "probe.s"))),
        )


def _since(cut: float, at: float | None) -> float | None:
    return None if at is None else at - cut


def _routers(wanted: Sequence[tuple[str, str, Family]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each[0] for each in wanted))


def prove_crossing(crossing: set[Crossing], scenario: Crosses) -> None:
    """In each broken family and wanted direction some flow crosses. What does not cross proves nothing."""
    for family in scenario.broken:
        for outgoing in scenario.directions:
            if not any(scenario.flows[index].family == family and out is outgoing for index, out in crossing):
                where = ", ".join(":".join(place) for place in scenario.crosses)
                raise CannotMeasure(f"no IPv{family} flow crosses {where} {DIRECTIONS[outgoing]}: nothing to drill")


def prove_left(out: Phase, still: set[Crossing], ways: Mapping[Crossing, Way], mended: float) -> None:
    """What goes on although it crosses the broken link shows that the link was not broken."""
    for each in still:
        if not any(loss.began + loss.ms / 1000 >= mended - AFTER_SECONDS / 2 for loss in ways[each].losses):
            raise CannotMeasure(f"{ways[each]} still crosses the link and loses nothing: {out.fault} was not reached")


def await_all(wanted: Mapping[str, Callable[[], bool]], seconds: float) -> None:
    """Wait until all have come true, or the time is over: who has not come is seen afterwards."""
    conditions = [Condition(name, lambda come=come: None if come() else "not yet") for name, come in wanted.items()]  # type: ignore[misc]
    until(conditions, Deadline.after(seconds), workers=1)


def hold(seconds: float) -> None:
    """What must not happen has this long to happen."""
    until([Condition("the time is over", lambda: "not yet")], Deadline.after(seconds), workers=1)
