"""Laying other node trees over a running lab, as production would be changed: tested first, then reloaded in place."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from harness.engine.base import Completed
from harness.errors import LabFailed, WrongInput
from harness.lab import record as records
from harness.lab.interfaces import transition
from harness.lab.lab import Lab
from harness.lab.refusal import last_words, refusal
from harness.lab.reload import NETWORK, SERVICES, TABLE, Service, services
from harness.render import tree as node_trees
from harness.render.diff import FileChange, diff
from harness.render.tree import Trees

WANTED = "wanted"
"""In the run's directory while a change is under way: the trees that it leads to."""
USUAL_MODE = 0o644
WORKERS = 4
SERVICE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class NodeChange:
    """What changes on one node: the files, and the services that have to take them over or to end."""

    node: str
    files: tuple[FileChange, ...]
    reloaded: tuple[Service, ...]
    ended: tuple[Service, ...]

    def content(self, side: str) -> dict[str, bytes | None]:
        """The files as they are to be pushed, of the ``old`` or the ``new`` side; without those of ended services."""
        sides = {
            f"/{each.path}": each.old if side == "old" else each.new for each in self.files if each not in self.last
        }
        return {path: file.content if file else None for path, file in sides.items()}

    @property
    def last(self) -> tuple[FileChange, ...]:
        """Files that go when the service that read them has ended: it may need them to end."""
        gone = [each for each in self.files if each.new is None]
        return tuple(each for each in gone if any(service.concerned(each.path) for service in self.ended))

    def text(self, side: str, path: str) -> str:
        """One changed file as text; empty where it is absent."""
        files = {each.path: each.old if side == "old" else each.new for each in self.files}
        file = files.get(path)
        return file.content.decode() if file else ""


def changes(lab: Lab, wanted: Trees) -> tuple[NodeChange, ...]:
    """What would have to change on which node. After a change that was broken off, what that touched counts as changed.

    Raises ``WrongInput`` for a node that the lab has not, or a file that no running node can take over.
    """
    old = node_trees.read(Path(lab.record.trees))
    touched: dict[str, list[FileChange]] = {}
    for change in _with_interrupted(lab, old, wanted, diff(old, wanted)):
        if change.node not in lab.nodes:
            raise WrongInput(f"lab {lab.name} has no node {change.node!r}", hint="take the lab down and up again")
        touched.setdefault(change.node, []).append(change)
    return tuple(_node_change(node, files, old, wanted) for node, files in touched.items())


def _with_interrupted(lab: Lab, old: Trees, wanted: Trees, found: tuple[FileChange, ...]) -> Iterable[FileChange]:
    interrupted = Path(lab.record.run) / WANTED
    if not interrupted.is_dir():
        return found
    known = {(change.node, change.path) for change in found}
    also = [change for change in diff(old, node_trees.read(interrupted)) if (change.node, change.path) not in known]
    return (*found, *(replace(change, new=wanted[change.node].files.get(change.path)) for change in also))


def _node_change(node: str, files: list[FileChange], old: Trees, wanted: Trees) -> NodeChange:
    before = old[node].files if node in old else {}
    after = wanted[node].files if node in wanted else {}
    concerned = services(node, [each.path for each in files], [*before, *after])
    return NodeChange(
        node,
        tuple(files),
        tuple(each for each in concerned if each.needs in after),
        tuple(each for each in concerned if each.needs not in after),
    )


def apply(lab: Lab, wanted: Trees, change: tuple[NodeChange, ...]) -> None:
    """Test, push and reload; the lab's record says *between* meanwhile, and its trees are the wanted ones afterwards.

    A file that its daemon refuses raises ``WrongInput`` with everything as it was; a daemon that cannot take a tested
    file over raises ``LabFailed`` and the lab stays *between*, to be tried again or taken down.
    """
    under_way = Path(lab.record.run) / WANTED
    broken_off = under_way.is_dir()
    node_trees.write(wanted, under_way)
    _record(lab, "a change of the configuration is under way")
    refused = _test(lab, change)
    if refused:
        _push(lab, change, "old")
        if not broken_off:
            shutil.rmtree(under_way)
            records.save(lab.record)
        raise refused
    try:
        _reload(lab, change)
    except LabFailed as error:
        _record(lab, str(error).splitlines()[0])
        raise
    node_trees.write(wanted, Path(lab.record.trees))
    lab.record = replace(lab.record, digest=node_trees.digest(wanted))
    shutil.rmtree(under_way)


def _record(lab: Lab, cause: str) -> None:
    records.save(lab.record.between(cause))


def _test(lab: Lab, change: tuple[NodeChange, ...]) -> WrongInput | None:
    """Put the new files in place, untold, and ask each daemon what it thinks of them."""
    _push(lab, change, "new")
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


def _push(lab: Lab, change: tuple[NodeChange, ...], side: str) -> None:
    for each in change:
        if files := each.content(side):
            lab.engine.push(lab.name, each.node, files)
        for file in each.files:
            fresh, before = (file.new, file.old) if side == "new" else (file.old, file.new)
            # What is written over another file keeps that one's mode; what is new gets the usual one.
            if fresh and fresh.mode != (before.mode if before else USUAL_MODE):
                lab.exec(each.node, "chmod", f"{fresh.mode:o}", f"/{file.path}")


def _reload(lab: Lab, change: tuple[NodeChange, ...]) -> None:
    """Service by service in the order of the table, each on all nodes concerned at once; what ends does so last."""
    with ThreadPoolExecutor(WORKERS) as pool:
        for service in TABLE:
            concerned = [each for each in change if service in each.reloaded]
            list(pool.map(lambda each, service=service: _take_over(lab, each, service), concerned))
        for service in reversed(TABLE):
            for each in change:
                if service in each.ended:
                    _end(lab, each, service)
    for each in change:
        if each.last:
            lab.engine.push(lab.name, each.node, {f"/{file.path}": None for file in each.last})


def _take_over(lab: Lab, change: NodeChange, service: Service) -> None:
    if service.name == NETWORK:
        _set_interfaces(lab, change, service)
    else:
        _run(lab, change.node, service, "sh", "-eu", f"{SERVICES}/{service.name}")


def _end(lab: Lab, change: NodeChange, service: Service) -> None:
    if service.name == NETWORK:
        _set_interfaces(lab, change, service)
    else:
        _run(lab, change.node, service, "sh", "-eu", f"{SERVICES}/{service.name}", "stop")


def _set_interfaces(lab: Lab, change: NodeChange, service: Service) -> None:
    undo, do = transition(change.node, change.text("old", service.needs), change.text("new", service.needs))
    # What is to be undone may have gone already, with an address or a link.
    lab.engine.exec(lab.name, change.node, ("ip", "-force", "-batch", "-"), stdin=undo.encode())
    answer = lab.engine.exec(lab.name, change.node, ("ip", "-batch", "-"), stdin=do.encode())
    _demand(change.node, service, answer)


def _run(lab: Lab, node: str, service: Service, *argv: str) -> None:
    _demand(node, service, lab.exec(node, *argv, timeout=SERVICE_SECONDS))


def _demand(node: str, service: Service, answer: Completed) -> None:
    if answer.code:
        raise LabFailed(f"{service.name} on {node} did not take the change over: {last_words(answer)}")
