"""In which company nodes take a change over: all at once, but for services whose restart another node has to stand in for."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from harness.engine.base import Completed
from harness.lab.node_change import NodeChange
from harness.lab.reload import TABLE
from harness.lab.takeover import WORKERS, take_over


class Nodes:
    """A lab whose daemons take their time, and that counts how many do so at once."""

    def __init__(self):
        self.most, self._now, self._lock = 0, 0, threading.Lock()
        self._company = threading.Barrier(2)
        self.engine = SimpleNamespace(push=None)

    def exec(self, node, *argv, timeout=None):
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            self._company.wait(0.2)  # until another comes, or nobody does
        except threading.BrokenBarrierError:
            self._company.reset()
        with self._lock:
            self._now -= 1
        return Completed(argv, 0, "", "")


@pytest.mark.parametrize(("name", "most"), [("42-unbound", 1), ("43-unbound-dns64", 1), ("62-nginx", 2)])
def test_resolvers_restart_one_after_the_other_and_web_servers_reload_together(name, most):
    (service,) = (each for each in TABLE if each.name == name)
    lab = Nodes()
    take_over(lab, [NodeChange(node, (), (service,), ()) for node in ("one", "two")], anew=False)
    assert lab.most == most
    assert most <= WORKERS
