"""Tests that only look, asked by processes forked from the one that has found them: what costs seconds (Python, the
libraries, finding the tests) is paid once, where each of xdist's workers pays it again."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import struct
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

import pytest

from harness.suite.selection import WAITS

NUMBER = struct.Struct("=H")
"""How the number of a test stands in the pipe that the processes take their work from. A read of two bytes is never
shared between two readers, so the pipe needs no lock that a killed process could keep."""
MOST_TESTS = 8192
"""Of two bytes each; a pipe holds 64 KiB (pipe(7))."""
BEHIND = 10
"""Nicer by so much than the lab: who asks on a busy machine must wait, and whoever is asked must not."""
PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""


class NotAllAsked(RuntimeError):
    """A process ended before its tests did."""


def run(session: pytest.Session, processes: int) -> None:
    """Run the tests of ``session`` in so many processes, those that wait first: others use the processors meanwhile.
    Reports arrive here as they are made.

    Raises ``NotAllAsked`` if the report of a test is missing: it must not look as if it had passed.
    """
    if len(session.items) > MOST_TESTS:
        raise pytest.UsageError(f"--processes: {len(session.items)} tests are more than a pipe holds")
    os.nice(BEHIND)
    gc.collect()
    gc.freeze()  # what all share is not looked through again by each, which would copy it
    ended = set()
    with _queue(_waiting_first(session.items)) as work, _children(session, work, processes) as heard:
        for report in _reports(session.config, heard):
            session.config.hook.pytest_runtest_logreport(report=report)
            if report.when == "teardown":
                ended.add(report.nodeid)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
    if missing := [each.nodeid for each in session.items if each.nodeid not in ended]:
        raise NotAllAsked(f"no report of {len(missing)} tests, the first is {missing[0]}")


def _waiting_first(items: Sequence[pytest.Item]) -> list[int]:
    return sorted(range(len(items)), key=lambda number: items[number].get_closest_marker(WAITS) is None)


@contextmanager
def _queue(tests: Sequence[int]) -> Iterator[int]:
    """A pipe's end from which the numbers of the tests can be read, each by one reader."""
    reader, writer = os.pipe()
    try:
        with os.fdopen(writer, "wb") as numbers:
            numbers.writelines(map(NUMBER.pack, tests))
        yield reader
    finally:
        os.close(reader)


class _Following:
    """The test that a process asks next, for pytest to know which fixtures to keep. It is taken from the pipe when
    pytest wants to know, after the test before has been asked: what is taken earlier waits for that one."""

    def __init__(self, items: Sequence[pytest.Item], work: int) -> None:
        self._items, self._work = items, work

    @cached_property
    def item(self) -> pytest.Item | None:
        """The test; ``None`` if none is left."""
        found = os.read(self._work, NUMBER.size)
        return self._items[NUMBER.unpack(found)[0]] if found else None

    def listchain(self) -> list[Any]:
        """As of the test: all that has fixtures for it."""
        return self.item.listchain() if self.item else []


@contextmanager
def _children(session: pytest.Session, work: int, processes: int) -> Iterator[Collection[Connection]]:
    """The processes, each with a pipe of its own for reports. None is left, whatever happens."""
    context, children, heard = get_context("fork"), [], []
    try:
        for _ in range(processes):
            reader, writer = context.Pipe(duplex=False)
            child = context.Process(target=_ask, args=(session, work, writer))
            child.start()
            writer.close()
            children.append(child)
            heard.append(reader)
        yield heard
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.join()
        for reader in heard:
            reader.close()


def _reports(config: pytest.Config, heard: Collection[Connection]) -> Iterator[Any]:
    """Every report, from whichever process it comes, until all have ended."""
    left = list(heard)
    while left:
        for reader in wait(left):
            assert isinstance(reader, Connection)
            try:
                data = reader.recv()
            except EOFError:
                left.remove(reader)
                continue
            yield config.hook.pytest_report_from_serializable(config=config, data=data)


@dataclass(frozen=True)
class _Teller:
    """Hands the reports of a process over."""

    config: pytest.Config
    told: Connection

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.told.send(self.config.hook.pytest_report_to_serializable(config=self.config, report=report))


def _ask(session: pytest.Session, work: int, told: Connection) -> None:
    """The life of one process: test after test. It is told to end when the first process dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    plugins = session.config.pluginmanager
    plugins.unregister(name="terminalreporter")  # the first process alone writes
    plugins.register(_Teller(session.config, told))
    following = _Following(session.items, work)
    with suppress(KeyboardInterrupt, BrokenPipeError):  # told to end, or nobody listens any more
        while item := following.item:
            following = _Following(session.items, work)
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
