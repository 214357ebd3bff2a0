"""A change laid over a running lab and taken off again: what every gate, mutant and exercise does around its judging."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.drill.as_before import left_over, remember
from harness.drill.held_back import HELD_BACK_SECONDS, newest_session
from harness.drill.patience import STILL_SECONDS, WhileMoving
from harness.errors import CannotMeasure, LabFailed, NotConverged, WrongInput
from harness.lab import record as records
from harness.lab.apply import apply, changes
from harness.lab.conditions import quiet
from harness.lab.converge import CONVERGE_SECONDS, Told, converge
from harness.lab.lab import Lab
from harness.lab.node_change import NodeChange
from harness.lab.project import Project
from harness.plan import load as plans
from harness.probe.route_watch import RouteWatch
from harness.probe.snapshot import Snapshot
from harness.render import tree as node_trees
from harness.render.render import render
from harness.render.tree import Trees
from harness.wait import Deadline

COMPILED = "templates"
"""In the run's directory: the templates as they were last compiled."""
MOST_SHOWN = 5
UNDO_SECONDS = CONVERGE_SECONDS + 60.0
"""A session that failed again and again under a mistake is not tried again for up to a minute (RFC 4271 section 8.1.1,
IdleHoldTimer; FRR doubles it from 1 s to 60 s)."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A change that is on the lab now: what it changed on which node, which conditions of convergence do not hold with
    it (name, why not), and the estate as it was before."""

    changes: tuple[NodeChange, ...]
    pending: tuple[tuple[str, str], ...] = ()
    before: Snapshot = field(default_factory=dict, repr=False)


def wanted(lab: Lab, overlays: tuple[Path, ...] = ()) -> Trees:
    """The node trees of the lab's stage, with candidates on top. Raises ``WrongInput``, and for a lab without a plan."""
    if lab.plan is None:
        raise WrongInput(f"lab {lab.name} has no plan, so nothing is rendered for it", where="--lab")
    project, compiled = Project(Path(lab.record.project)), Path(lab.record.run) / COMPILED
    return render(lab.topology, lab.plan, project.configs, lab.stage, overlays=overlays, compiled=compiled)


def require_at(lab: Lab) -> None:
    """Raises ``WrongInput`` for a lab that is between: nothing more may be laid over it."""
    if lab.record.state != "at":
        raise WrongInput(
            f"lab {lab.name} is {lab.record.state}: {lab.record.cause or 'it has not converged'}",
            hint=f"v6lab up --name {lab.name} --stage {lab.stage} lays its configuration over it again",
        )


@contextmanager
def laid(lab: Lab, overlays: tuple[Path, ...], told: Told) -> Iterator[Laid]:
    """Run the body with ``overlays`` (the last on top) laid over the lab's own configuration; see ``laid_trees``."""
    cause = f"{', '.join(each.name for each in overlays) or 'a change'} is laid over it"
    with laid_trees(lab, wanted(lab, overlays), told, cause=cause) as found:
        yield found


@contextmanager
def laid_trees(
    lab: Lab,
    trees: Trees,
    told: Told,
    *,
    cause: str,
    plan_file: Path | None = None,
    still: float = STILL_SECONDS,
    before: Snapshot | None = None,
) -> Iterator[Laid]:
    """Run the body with other node trees on the lab, and undo them whatever happens, with proof.

    A lab that does not converge with the change on it is an outcome: ``Laid.pending``. Meanwhile the record says
    *between* with ``cause``, so that nobody takes the lab for what it was when this process is killed. ``plan_file``:
    the plan of another checkout, which holds meanwhile instead of the lab's. ``still``: how long a lab in which nothing
    moves is waited for. ``before``: how all is, of whoever has just seen it; else it is looked at.
    Raises ``WrongInput`` with nothing changed (a file that its daemon refuses, a lab that is between); ``LabFailed``
    when a daemon did not take a tested file over, and on leaving, with what differs, when the lab is not as before.
    """
    require_at(lab)
    own, record, plan = node_trees.read(Path(lab.record.trees)), lab.record, lab.plan
    found = changes(lab, trees)
    if before is None:
        told.phase("remembering how all is")
        before = remember(lab)
    touched = True
    try:
        try:
            pending = lay(lab, trees, found, told, plan_file, still)
        except WrongInput:  # a daemon refused its file: it has been put back before any was told
            touched = False
            raise
        lab.record = lab.record.between(cause)
        records.save(lab.record)
        yield Laid(found, pending, before)
    finally:
        if touched:
            lab.record, lab.plan = replace(lab.record, plan=record.plan, project=record.project), plan
            _undo(lab, own, before, told)


def lay(
    lab: Lab,
    trees: Trees,
    found: tuple[NodeChange, ...],
    told: Told,
    plan_file: Path | None = None,
    still: float = STILL_SECONDS,
) -> tuple[tuple[str, str], ...]:
    """Lay other node trees over a lab, to stay: ``found`` is what changes. Gives the conditions of convergence that do
    not hold when nothing moves any more (name, why not). Raises as ``apply`` does."""
    files = sum(len(each.files) for each in found)
    told.phase(f"laying {files} changed files over {len(found)} nodes")
    other = plans.load(plan_file) if plan_file else None
    started = time.monotonic()
    with quiet.watch(lab) as routes:
        apply(lab, trees, found)
        if other:
            assert plan_file
            project = str(plan_file.parents[1])
            lab.record, lab.plan = replace(lab.record, plan=str(plan_file), project=project), other
        told.phase("waiting for convergence")
        return _pending(lab, told, started, routes, still)


def _pending(lab: Lab, told: Told, started: float, routes: RouteWatch, still: float) -> tuple[tuple[str, str], ...]:
    """What does not hold when nothing moves any more, nor can be expected to: nothing if the lab converges."""
    patience = WhileMoving.after_now(CONVERGE_SECONDS, routes, still)
    try:
        converge(lab, patience.told(told), patience, started, routes)
    except NotConverged as error:
        came_up = newest_session(lab)
        if came_up is None or came_up < started:
            return error.pending
    else:
        return ()
    told.phase("waiting for news that a neighbour may hold back")
    try:
        converge(lab, told, Deadline(came_up + HELD_BACK_SECONDS), started, routes)
    except NotConverged as error:
        return error.pending
    return ()


def _undo(lab: Lab, own: Trees, before: Snapshot, told: Told) -> None:
    told.phase("undoing")
    started = time.monotonic()
    with quiet.watch(lab) as routes:
        apply(lab, own, changes(lab, own), backward=True)
        converge(lab, told, Deadline.after(UNDO_SECONDS), started, routes)
    told.phase("proving that all is as before")
    prove_as_before(lab, before)


def prove_as_before(lab: Lab, before: Snapshot) -> None:
    """Wait until every node holds what it held ``before``. Raises ``LabFailed`` with what differs; the lab is then
    *between*."""
    try:
        differs = [str(each) for each in left_over(lab, before)]
    except CannotMeasure as error:
        differs = [str(error)]
    if differs:
        shown = "".join(f"\n  - {each}" for each in differs[:MOST_SHOWN])
        more = len(differs) - MOST_SHOWN
        lab.record = lab.record.between("what was laid over it has been undone, but not all is as before")
        records.save(lab.record)
        raise LabFailed(
            f"lab {lab.name} is not as it was before:{shown}" + (f"\n  and {more} more" if more > 0 else "")
        )
