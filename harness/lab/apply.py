"""Laying other node trees over a running lab, as production would be changed: tested first, then reloaded in place."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from harness.errors import NotTakenOver, WrongInput
from harness.lab import record as records
from harness.lab.lab import Lab
from harness.lab.node_change import NodeChange, node_change
from harness.lab.silent_sessions import wait_until_they_stand
from harness.lab.steps import ANNOUNCEMENTS, order
from harness.lab.takeover import interfaces, put, refused_by, take_over
from harness.render import tree as node_trees
from harness.render.diff import FileChange, diff
from harness.render.tree import Trees

WANTED = "wanted"
"""In the run's directory while a change is under way: the trees that it leads to."""


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
    return tuple(node_change(node, files, old, wanted) for node, files in touched.items())


def _with_interrupted(lab: Lab, old: Trees, wanted: Trees, found: tuple[FileChange, ...]) -> Iterable[FileChange]:
    interrupted = Path(lab.record.run) / WANTED
    if not interrupted.is_dir():
        return found
    known = {(change.node, change.path) for change in found}
    also = [change for change in diff(old, node_trees.read(interrupted)) if (change.node, change.path) not in known]
    return (*found, *(replace(change, new=wanted[change.node].files.get(change.path)) for change in also))


def apply(
    lab: Lab,
    wanted: Trees,
    change: tuple[NodeChange, ...],
    *,
    backward: bool = False,
    begins: Callable[[str], None] = lambda name: None,
) -> None:
    """Test all, then push and reload in the order of ``steps``; ``begins`` hears of each sub-action.

    The lab's record says *between* meanwhile; its trees are the wanted ones afterwards. A file that its daemon refuses
    raises ``WrongInput`` with everything as it was; a daemon that cannot take a tested file over raises ``NotTakenOver``
    and the lab stays *between*, to be tried again, rolled back or taken down.
    """
    for each in change:
        interfaces(each)  # raises what cannot be done before anything is
    standing, under_way = lab.record, Path(lab.record.run) / WANTED
    broken_off = under_way.is_dir()
    node_trees.write(wanted, under_way)
    _record(lab, "a change of the configuration is under way")
    refused = refused_by(lab, change)
    put(lab, change, "old")
    if refused:
        if not broken_off:
            shutil.rmtree(under_way)
            lab.record = standing
            records.save(standing)
        raise refused
    roles = {name: node.role for name, node in lab.nodes.items()}
    for action in order(change, roles, backward=backward):
        if action.name == ANNOUNCEMENTS:
            wait_until_they_stand(lab, action.nodes)
        begins(action.name)
        _record(lab, f"in the middle of a change: {action.name}")
        put(lab, action.nodes, "new")
        try:
            take_over(lab, action.nodes, anew=broken_off)
        except NotTakenOver as error:
            _record(lab, str(error).splitlines()[0])
            raise
    node_trees.write(wanted, Path(lab.record.trees))
    lab.record = replace(lab.record, digest=node_trees.digest(wanted))
    shutil.rmtree(under_way)


def _record(lab: Lab, cause: str) -> None:
    lab.record = lab.record.between(cause)
    records.save(lab.record)
