"""Follows one lab for as long as the page is served: while it is up, while it is changed, while it is down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from harness.drill import main_flows
from harness.errors import CannotMeasure, HarnessError, LabFailed
from harness.lab.lab import Lab
from harness.lab.record import Record
from harness.node import Node
from harness.probe.continuity import Flow
from harness.probe.frr import daemons
from harness.report.drawing.model import link_id
from harness.watch.board import Board
from harness.watch.journal import Journal
from harness.watch.kernel import KernelWatch
from harness.watch.pulse import Pulse
from harness.watch.seen import Attached, FlowsChosen, Gone, NodesSeen, Ticked
from harness.watch.sessions import Sessions

LOOK_SECONDS = 0.05
NODES_SECONDS: Mapping[str, float] = {"embedded": 0.2}
NODES_SELDOM_SECONDS = 1.0
"""How often nodes are asked for: asking Docker about 55 containers is no small thing. A death is heard at once anyway."""
FLOWS_AGAIN_SECONDS = 1.0


class Collector:
    """Tells the board, from the beginning of ``with`` to its end. A lab that is down is waited for."""

    def __init__(self, lab: str, board: Board, verdicts: Path | None = None) -> None:
        self._name, self._board = lab, board
        self._journal = Journal(lab, verdicts)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch-collector", daemon=True)

    def __enter__(self) -> Collector:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            record = self._look()
            if record and record.state != "starting":
                try:
                    self._follow(record)
                except (HarnessError, OSError) as error:
                    self._board.tell(Gone(time.monotonic(), str(error).splitlines()[0]))
            elif record is None:
                self._board.tell(Gone(time.monotonic(), ""))
            self._ended.wait(LOOK_SECONDS)

    def _look(self) -> Record | None:
        """One look at the record; the page's clock goes on with these looks, and stands still without them."""
        record, news = self._journal.record()
        for each in news:
            self._board.tell(each)
        self._board.tell(Ticked(time.monotonic()))
        return record

    def _follow(self, record: Record) -> None:
        """Until the lab is down, which comes out as an error, or another run of it has begun."""
        lab = Lab.attach(self._name)
        for past in self._journal.past(Path(record.run)):
            self._board.tell(past)
        ends = {link_id((end.node, end.port) for end in link.ends): link.ends for link in lab.topology.links}
        ports = {link: ((a.node, a.port), (b.node, b.port)) for link, (a, b) in ends.items()}
        nodes = {name: node.state for name, node in lab.nodes.items()}
        self._board.tell(Attached(time.monotonic(), lab.name, lab.engine.name, ports, nodes))
        with _Following(lab, self._board, {end for both in ports.values() for end in both}) as following:
            while not self._ended.wait(LOOK_SECONDS):
                now = self._look()
                if now is None or now.run != record.run:
                    raise LabFailed("")
                for news in self._journal.news(Path(now.run)):
                    self._board.tell(news)
                    following.hurry()
                lab.record = now
                following.look()


class _Following:
    """All that listens to a lab that is up."""

    def __init__(self, lab: Lab, board: Board, ports: set[tuple[str, str]]) -> None:
        self._lab, self._board = lab, board
        self._routers = frozenset(name for name, node in lab.nodes.items() if node.pid and daemons(node))
        self._sessions = Sessions(self._running(), board.tell)
        self._kernel = KernelWatch(self._routers, ports, board.tell, self._sessions.moved, self._died)
        self._nodes = _Nodes(lab, self._seen)
        self._stack = ExitStack()
        self._pulse = ExitStack()
        self._chosen: tuple[str, str] = ("", "")
        self._choose_at = 0.0
        self._flows: tuple[Flow, ...] = ()

    def __enter__(self) -> _Following:
        with ExitStack() as stack:
            stack.callback(lambda: self._pulse.close())
            for each in (self._kernel, self._sessions):
                stack.enter_context(each)
            self._kernel.listen(self._lab.nodes)
            stack.enter_context(self._nodes)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def look(self) -> None:
        """Choose the flows anew when the lab stands elsewhere. Raises ``LabFailed`` when the lab is down."""
        if self._nodes.failed:
            raise self._nodes.failed
        if not (self._kernel.alive and self._sessions.alive):  # a page that goes on without them would show the past
            raise LabFailed("what listens to the lab has ended; it begins anew")
        record, now = self._lab.record, time.monotonic()
        if (record.stage, record.state) == self._chosen or now < self._choose_at:
            return
        try:
            flows = _main_flows(self._lab)
        except (HarnessError, OSError):  # hosts whose addresses are just changing
            self._choose_at = now + FLOWS_AGAIN_SECONDS
            return
        self._chosen = record.stage, record.state
        if flows == self._flows:
            return
        self._pulse.close()
        self._pulse = ExitStack()
        self._flows = flows
        self._board.tell(FlowsChosen(now, tuple((flow.name, flow.family) for flow in flows)))
        self._pulse.enter_context(Pulse(flows, self._lab.node, self._board.tell))

    def hurry(self) -> None:
        """Something was done to the lab: look at its nodes and sessions now."""
        self._nodes.hurry()
        for router in self._routers:
            self._sessions.moved(router)

    def _running(self) -> list[Node]:
        return [node for name, node in self._lab.nodes.items() if name in self._routers]

    def _seen(self, nodes: Mapping[str, Node]) -> None:
        self._board.tell(NodesSeen(time.monotonic(), {name: node.state for name, node in nodes.items()}))
        self._kernel.listen(nodes)
        self._sessions.renew(self._running())

    def _died(self, node: str) -> None:
        self._nodes.hurry()


class _Nodes:
    """Asks the engine for the nodes, on a thread of its own: an engine that changes a node answers when it is done."""

    def __init__(self, lab: Lab, seen: Callable[[Mapping[str, Node]], None]) -> None:
        self._lab, self._seen = lab, seen
        self.failed: HarnessError | None = None
        self._woken = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="watch-nodes", daemon=True)

    def __enter__(self) -> _Nodes:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._woken.set()
        self._thread.join()

    def hurry(self) -> None:
        """Ask now."""
        self._woken.set()

    def _run(self) -> None:
        every = NODES_SECONDS.get(self._lab.engine.name, NODES_SELDOM_SECONDS)
        before: Mapping[str, Node] = self._lab.nodes
        while not self._ended:
            self._woken.wait(every)
            self._woken.clear()
            if self._ended:
                return
            try:
                nodes = self._lab.refresh()
            except HarnessError as error:
                self.failed = error
                return
            if nodes != before:
                before = nodes
                self._seen(nodes)


def _main_flows(lab: Lab) -> tuple[Flow, ...]:
    """The main flows that the stage offers; none is an answer too."""
    if lab.plan is None:
        return ()
    try:
        return main_flows.through(lab, lab.plan, lab.stage, lab.stage)
    except CannotMeasure as error:
        if "no main flow" in str(error):
            return ()
        raise
