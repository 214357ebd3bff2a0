"""Laying other node trees over a running lab, as production would be changed: tested first, then reloaded in place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from harness.errors import NotTakenOver, WrongInput
from harness.lab import record as records
from harness.lab.caches import wait_until_forgotten
from harness.lab.lab import Lab
from harness.lab.node_change import NodeChange, node_change
from harness.lab.old_ways import wait_until_taken
from harness.lab.silent_sessions import wait_until_they_stand
from harness.lab.steps import ANNOUNCEMENTS, FORWARD_ZONES, OLD_WAYS, order
from harness.lab.takeover import interfaces, put, refused_by, take_over
from harness.render import tree as node_trees
from harness.render.diff import FileChange, diff
from harness.render.tree import NodeTree, Trees

WANTED = "wanted"
"""In the run's directory while a change is under way: the trees that it leads to."""


def changes(lab: Lab, wanted: Trees) -> tuple[NodeChange, ...]:
    """What would have to change on which node. After a change that was broken off, what that touched counts as changed.

    Raises ``WrongInput`` for a node that the lab has not, or a file that no running node can take over.
    """
    old, half = node_trees.read(Path(lab.record.trees)), Path(lab.record.run) / WANTED
    return between(lab, old, node_trees.read(half) if half.is_dir() else {}, wanted)


def between(lab: Lab, old: Trees, interrupted: Trees, wanted: Trees) -> tuple[NodeChange, ...]:
    """See ``changes``; ``interrupted`` are the trees that a change led to which was broken off (none: empty).

    A file that it alone has otherwise is taken back from what it made of it: nobody knows how far it came.
    """
    found = diff(old, wanted)
    known = {(change.node, change.path) for change in found}
    also = (change for change in diff(interrupted, wanted) if (change.node, change.path) not in known)
    touched: dict[str, list[FileChange]] = {}
    for change in (*found, *(also if interrupted else ())):
        if change.node not in lab.nodes:
            raise WrongInput(f"lab {lab.name} has no node {change.node!r}", hint="take the lab down and up again")
        touched.setdefault(change.node, []).append(change)
    standing = {node: _together(node, old.get(node), interrupted.get(node)) for node in (*old, *interrupted)}
    return tuple(node_change(node, files, standing, wanted) for node, files in touched.items())


def _together(node: str, *trees: NodeTree | None) -> NodeTree:
    """All files that a node may have now."""
    return NodeTree(node, {path: file for tree in trees if tree for path, file in tree.files.items()})


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
        if action.name == OLD_WAYS and not backward:
            wait_until_taken(lab, action.nodes)
        begins(action.name)
        _record(lab, f"in the middle of a change: {action.name}")
        put(lab, action.nodes, "new")
        try:
            take_over(lab, action.nodes, anew=broken_off)
        except NotTakenOver as error:
            _record(lab, str(error).splitlines()[0])
            raise
        if action.name == FORWARD_ZONES:
            wait_until_forgotten(action.nodes)
    node_trees.write(wanted, Path(lab.record.trees))
    lab.record = replace(lab.record, digest=node_trees.digest(wanted))
    shutil.rmtree(under_way)


def _record(lab: Lab, cause: str) -> None:
    lab.record = lab.record.between(cause)
    records.save(lab.record)
