"""Does traffic go on, and if not, for how long: many flows of small packets, each direction counted by itself."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from harness.errors import CannotMeasure, HarnessError
from harness.history.history import History
from harness.history.seen import Answer, Family, Seen, record
from harness.node import Node
from harness.probe.address import checked
from harness.probe.continuity_result import BACK, THERE, TICK, FlowResult, Jitter, as_data, direction, jitter

KIND = "continuity"
PORT = 4747
INTERVAL_SECONDS = 0.010
GRACE_SECONDS = 1.0
"""So long a packet may be under way when the probe ends."""
REOPEN_SECONDS = 0.05
START_SECONDS = 10.0
NAME = "v6lab-continuity"


@dataclass(frozen=True, slots=True)
class Flow:
    """Small packets from ``source`` to ``address`` of ``target``, and others from there to whence they came.

    ``listen`` is the family and address at the target where a translator stands between (NAT64), else the same.
    """

    name: str
    source: Node
    family: Family
    address: str
    target: Node
    port: int = PORT
    listen: tuple[Family, str] | None = None


class Continuity:
    """Sends on every flow, both ways, every ``interval`` seconds from the beginning of ``with`` to its end; then
    ``result``. The target sends by the clock, too, once a first packet has shown it where to: were it to echo, a way
    back that is cut together with the way there would lose nothing, since nothing would be sent on it.

    Both ends are sockets of the harness in the nodes' namespaces. ``fresh`` gives the present handle of a node by its
    name: with it, the sockets of a node that was stopped are opened again when it is back; until then its packets
    are lost. The packets are sent by a process of its own, whose lateness is ``jitter``.
    """

    def __init__(
        self,
        history: History,
        flows: Sequence[Flow],
        interval: float = INTERVAL_SECONDS,
        fresh: Callable[[str], Node] | None = None,
    ) -> None:
        for flow in flows:
            checked(flow.family, flow.address)
        self.interval = max(1, round(interval / TICK)) * TICK
        self.history, self.flows, self.fresh = history, tuple(flows), fresh
        self.jitter: Jitter | None = None
        self._pids = {node.name: node.pid for flow in flows for node in (flow.source, flow.target)}
        self._results: tuple[FlowResult, ...] = ()
        self._process: subprocess.Popen[str] | None = None
        self._realtime = False
        self._lines: list[dict[str, Any]] = []
        self._heard = threading.Condition()
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._writing = threading.Lock()

    def __enter__(self) -> Continuity:
        command = [sys.executable, "-m", "harness.probe.continuity_worker"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._start_thread(self._listen)
        try:
            self._tell(self._order())
            self._realtime = self._await(lambda line: "ready" in line, START_SECONDS)["realtime"]
        except BaseException:
            self._kill()
            raise
        if self.fresh:
            self._start_thread(self._follow)
        self.history.append("probe.continuity.began", "", {"flows": [flow.name for flow in self.flows]})
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        try:
            if kind is None:
                self._tell({"stop": GRACE_SECONDS})
                self._conclude(self._await(lambda line: "flows" in line, GRACE_SECONDS + START_SECONDS))
        finally:
            self._kill()

    def result(self) -> tuple[FlowResult, ...]:
        """What each flow came to, in the order of ``flows``. Raises ``CannotMeasure`` before the end of ``with``."""
        if not self._results:
            raise CannotMeasure("the continuity probe has not ended yet")
        return self._results

    def _order(self) -> dict[str, Any]:
        ends = [(flow.target.name, *(flow.listen or (flow.family, flow.address)), flow.port) for flow in self.flows]
        number = {end: index for index, end in enumerate(sorted(set(ends)))}
        flows = [
            {"source": flow.source.name, "family": flow.family, "address": flow.address, "port": flow.port}
            | {"responder": number[end]}
            for flow, end in zip(self.flows, ends, strict=True)
        ]
        responders = [dict(zip(("node", "family", "address", "port"), end, strict=True)) for end in number]
        return {"interval": self.interval, "flows": flows, "responders": responders, "pids": self._pids}

    def _conclude(self, last: dict[str, Any]) -> None:
        self.jitter = jitter(last["late"], self._realtime)
        results = []
        for flow, said in zip(self.flows, last["flows"], strict=True):
            states, first = base64.b64decode(said["states"]), said["first"]
            there = direction(states, THERE, first, self.interval)
            back = direction(states, BACK, first, self.interval)
            names = flow.name, flow.source.name, flow.target.name, flow.family
            results.append(FlowResult(*names, there, back, said["unsent"]))
        self._results = tuple(results)
        for flow, result in zip(self.flows, results, strict=True):
            self._record(flow, result)

    def _record(self, flow: Flow, result: FlowResult) -> None:
        asked = {"flow": flow.name, "address": flow.address, "target": flow.target.name, "interval": self.interval}
        own = self.jitter
        data = {**as_data(result), "jitter_p99_ms": own.p99_ms if own else 0, "jitter_max_ms": own.max_ms if own else 0}
        answer: Answer = "reply" if result.back.received else "silence"
        by = flow.address if result.back.received else ""
        record(self.history, Seen(time.monotonic(), flow.source.name, flow.family, KIND, asked, answer, by, data))

    def _follow(self) -> None:
        """Tell the worker of nodes that have another process than before, until it has opened their sockets."""
        opened = dict(self._pids)
        while self.fresh and not self._ended.wait(REOPEN_SECONDS):
            for name in opened:
                try:
                    pid = self.fresh(name).pid
                except HarnessError:
                    continue  # between down and up there may be no such node
                if pid and pid != opened[name]:
                    self._tell({"pid": {name: pid}})
                    if self._was_opened(name):
                        opened[name] = pid

    def _was_opened(self, name: str) -> bool:
        try:
            line = self._await(lambda line: line.get("opened") == name, REOPEN_SECONDS)
        except CannotMeasure:
            return False
        self._lines.remove(line)
        return True

    def _start_thread(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=f"{NAME}-{target.__name__}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _listen(self) -> None:
        assert self._process
        assert self._process.stdout
        for line in self._process.stdout:
            with self._heard:
                self._lines.append(json.loads(line))
                self._heard.notify_all()
        with self._heard:
            self._lines.append({"error": "its process ended"})
            self._heard.notify_all()

    def _tell(self, line: dict[str, Any]) -> None:
        assert self._process
        assert self._process.stdin
        try:
            with self._writing:
                self._process.stdin.write(json.dumps(line) + "\n")
                self._process.stdin.flush()
        except OSError as error:
            raise CannotMeasure("the process of the continuity probe has ended") from error

    def _await(self, wanted: Callable[[dict[str, Any]], bool], seconds: float) -> dict[str, Any]:
        with self._heard:
            self._heard.wait_for(lambda: any(wanted(line) or "error" in line for line in self._lines), seconds)
            for line in self._lines:
                if wanted(line):
                    return line
            why = next((line["error"] for line in self._lines if "error" in line), "it does not answer")
        raise CannotMeasure(f"the continuity probe cannot go on: {why}")

    def _kill(self) -> None:
        self._ended.set()
        if self._process:
            self._process.kill()
            self._process.wait()
            for thread in self._threads:
                thread.join()
            for stream in (self._process.stdin, self._process.stdout):
                if stream:
                    stream.close()
