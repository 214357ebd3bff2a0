"""Changed files reach their daemons: put in place, tested, taken over. The side effects of a change."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from harness.engine.base import Completed
from harness.errors import NotTakenOver, WrongInput
from harness.lab.interfaces import Transition, transition
from harness.lab.lab import Lab
from harness.lab.node_change import NodeChange
from harness.lab.refusal import last_words, refusal
from harness.lab.reload import NETWORK, SERVICES, TABLE, Service

Side = Literal["old", "new"]
USUAL_MODE = 0o644
WORKERS = 4
SERVICE_SECONDS = 60.0


def refused_by(lab: Lab, change: Sequence[NodeChange]) -> WrongInput | None:
    """Put the new files in place, untold, and ask each daemon what it thinks of them: the first refusal, if any."""
    put(lab, change, "new")
    asked = [(each, service) for each in change for service in each.reloaded if service.test]
    with ThreadPoolExecutor(WORKERS) as pool:
        answers = pool.map(lambda pair: lab.exec(pair[0].node, *pair[1].test, timeout=SERVICE_SECONDS), asked)
        for (where, service), answer in zip(asked, answers, strict=True):
            if answer.code:
                return refusal(where.node, service, answer, _source(where, service))
    return None


def _source(change: NodeChange, service: Service) -> Path | None:
    """The file that somebody wrote, of those that the service reads."""
    sources = (file.new.source.file for file in change.files if file.new and service.concerned(file.path))
    return next(sources, None)


def put(lab: Lab, change: Sequence[NodeChange], side: Side) -> None:
    """Write the ``old`` or the ``new`` files to the nodes; no daemon is told."""
    for each in change:
        if files := each.content(side):
            lab.engine.push(lab.name, each.node, files)
        for file in each.files:
            fresh, before = (file.new, file.old) if side == "new" else (file.old, file.new)
            # What is written over another file keeps that one's mode; what is new gets the usual one.
            if fresh and fresh.mode != (before.mode if before else USUAL_MODE):
                lab.exec(each.node, "chmod", f"{fresh.mode:o}", f"/{file.path}")


def take_over(lab: Lab, change: Sequence[NodeChange], *, anew: bool) -> None:
    """Service by service in the order of the table, each on all nodes concerned at once unless it is one to be taken one
    by one; what ends does so last.

    ``anew``: a change was broken off before, so some of this may have been done already. Raises ``NotTakenOver`` if a
    daemon does not take its file over.
    """
    with ThreadPoolExecutor(WORKERS) as pool:
        for service in TABLE:
            concerned = [each for each in change if service in each.reloaded]
            rounds = [[each] for each in concerned] if service.one_by_one else [concerned]
            for together in rounds:
                list(pool.map(lambda each, service=service: _tell(lab, each, service, anew=anew), together))
        for service in reversed(TABLE):
            for each in change:
                if service in each.ended:
                    _tell(lab, each, service, "stop", anew=anew)
    for each in change:
        _unlink(lab, each)
        if each.last:
            lab.engine.push(lab.name, each.node, {f"/{file.path}": None for file in each.last})


def _tell(lab: Lab, change: NodeChange, service: Service, *stop: str, anew: bool) -> None:
    if service.name == NETWORK:
        _set_interfaces(lab, change, service, anew=anew)
        return
    argv = ("sh", "-eu", f"{SERVICES}/{service.name}", *stop)
    _demand(change.node, service, lab.exec(change.node, *argv, timeout=SERVICE_SECONDS))


def interfaces(change: NodeChange) -> Transition:
    """What takes the node's interfaces from old to new: see ``transition``, also for what it raises."""
    path = next(service.needs for service in TABLE if service.name == NETWORK)
    return transition(change.node, change.text("old", path), change.text("new", path))


def _set_interfaces(lab: Lab, change: NodeChange, service: Service, *, anew: bool) -> None:
    wanted = interfaces(change)
    # What is to be undone may have gone already, with an address or a link.
    _batch(lab, change, wanted.undone, force=True)
    answer = _batch(lab, change, wanted.done, force=anew)
    if not anew:
        _demand(change.node, service, answer)


def _unlink(lab: Lab, change: NodeChange) -> None:
    if lines := interfaces(change).unlinked:
        _batch(lab, change, lines, force=True)


def _batch(lab: Lab, change: NodeChange, lines: str, *, force: bool) -> Completed:
    argv = ("ip", *(("-force",) if force else ()), "-batch", "-")
    return lab.engine.exec(lab.name, change.node, argv, stdin=lines.encode())


def _demand(node: str, service: Service, answer: Completed) -> None:
    if answer.code:
        raise NotTakenOver(f"{service.name} on {node} did not take the change over: {last_words(answer)}")
