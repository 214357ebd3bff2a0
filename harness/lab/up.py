"""Bringing a lab up: render, deploy, converge."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.engine.base import Engine
from harness.engine.embedded.state import of as state_of
from harness.errors import LabFailed, NotConverged, WrongInput, require_root, usable
from harness.history.run import RunDirectory
from harness.lab import record as records
from harness.lab.apply import apply, changes
from harness.lab.conditions import quiet
from harness.lab.converge import CONVERGE_SECONDS, Told, converge
from harness.lab.lab import Lab, variables
from harness.lab.project import Project
from harness.lab.record import Record
from harness.lab.refusal import refused
from harness.plan import lint as plan_lint
from harness.plan import load as plans
from harness.plan.model import Plan
from harness.render import match
from harness.render import tree as node_trees
from harness.render.render import render, stage_of
from harness.render.tree import Trees
from harness.topology import lint
from harness.topology.binds import missing_binds
from harness.topology.load import load as load_topology
from harness.topology.model import Topology
from harness.topology.stand_in import replaced, stand_in
from harness.wait import Deadline


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be brought up. ``stage`` is ``None`` for a topology without a plan; ``image`` stands in for the images
    that the file names (``None``: they are used)."""

    project: Project
    topology: Path
    stage: str | None
    name: str | None = None
    image: str | None = None


def up(wanted: Wanted, engine: Engine, told: Told, *, wait: float = CONVERGE_SECONDS) -> Lab:
    """Bring a lab up and wait until it has converged; one that is up already takes over what was edited since.

    Raises ``WrongInput`` before anything is started, or with all taken down again if a daemon refuses its
    configuration; ``NotConverged`` names the conditions that did not come true (the
    lab then stays up, to be looked at); any other failure leaves nothing behind.
    """
    require_root()
    started = time.monotonic()
    told.phase("reading plan and topology")
    plan = plans.load(wanted.project.plan_file) if wanted.stage else None
    if plan and wanted.stage:
        stage_of(plan, wanted.stage)  # a stage that there is not is told before what else may be in the way
    raw = load_topology(wanted.topology, variables(Path("/nonexistent")))
    name = raw.name if wanted.name is None else wanted.name
    state_of(name)  # refuses what cannot be a name
    standing = _standing(name, wanted, engine, raw)
    lint.check(raw)
    if engine.name == "embedded":
        lint.refuse(raw)
    elif wanted.image:
        raise WrongInput("only the embedded engine lets an image stand in", where="--image", hint="edit the file")
    if plan is None:
        _tell(raw, stand_in(raw, wanted.image), engine, told)
    rendered = _render(wanted, raw, plan, told) if plan else {}
    if standing:
        return _edit(standing, rendered, told, Deadline.after(wait), started)
    run = RunDirectory.create(wanted.project.runs, name)
    try:
        record = _starting(name, wanted, engine, raw, run, rendered)
        with usable(run.path):
            lab = _deploy(record, wanted, engine, rendered, plan, told)
    except BaseException:
        run.discard()
        raise
    try:
        with usable(run.path):
            _converge(lab, rendered, told, Deadline.after(wait), started)
    except WrongInput:
        down(engine, name)
        run.discard()
        raise
    return lab


@contextmanager
def own_lab(wanted: Wanted, engine: Engine, told: Told) -> Iterator[Lab]:
    """A lab of the caller's own, by the name that ``wanted`` gives it: taken down whatever happens, also half made."""
    assert wanted.name
    try:
        yield up(wanted, engine, told)
    finally:
        down(engine, wanted.name)


def _starting(name: str, wanted: Wanted, engine: Engine, raw: Topology, run: RunDirectory, rendered: Trees) -> Record:
    return Record(
        lab=name,
        engine=engine.name,
        topology=str(wanted.topology.resolve()),
        stage=wanted.stage or "",
        state="starting",
        trees=str(run.path / "trees"),
        run=str(run.path),
        digest=node_trees.digest(rendered) if rendered else "",
        plan=str(wanted.project.plan_file) if wanted.stage else "",
        project=str(wanted.project.root),
        drawn=digest(raw),
    )


def _deploy(record: Record, wanted: Wanted, engine: Engine, rendered: Trees, plan: Plan | None, told: Told) -> Lab:
    """A lab of which nothing is left if it cannot be written down."""
    trees = Path(record.trees)
    topology = stand_in(load_topology(wanted.topology, variables(trees)), wanted.image)
    if rendered:
        node_trees.write(rendered, trees)
    lint.raise_errors(topology.file, missing_binds(topology))
    engine.deploy(record.lab, topology, told.phase)
    try:
        records.save(record)
    except BaseException:
        down(engine, record.lab)
        raise
    return Lab(record, engine, topology, plan)


def _converge(lab: Lab, rendered: Trees, told: Told, deadline: Deadline, started: float) -> None:
    told.phase("waiting for convergence")
    try:
        with quiet.watch(lab) as routes:
            converge(lab, told, deadline, started, routes)
    except NotConverged as error:
        if wrong := refused(lab, rendered):
            raise wrong from error
        raise


def _standing(name: str, wanted: Wanted, engine: Engine, raw: Topology) -> Lab | None:
    """The lab of that name, if it is up and an edit of the same configurations can be laid over it.

    Raises ``WrongInput`` if it is up as something else.
    """
    if name not in records.names() or not (records.directory() / name / records.FILE).exists():
        return None
    try:
        lab = Lab.attach(name)
    except LabFailed:
        return None  # it died; to deploy takes away what is left of it
    kept = lab.record
    for what, is_up, is_wanted in (
        ("from another file", kept.topology, str(wanted.topology.resolve())),
        ("from another checkout", kept.project, str(wanted.project.root)),
        ("on another engine", kept.engine, engine.name),
        ("at another stage", kept.stage, wanted.stage or ""),
    ):
        if is_up != is_wanted:
            raise WrongInput(f"lab {name} is already up {what} ({is_up})", hint=_another(name))
    if kept.drawn != digest(raw):
        raise WrongInput(f"lab {name} is up and its topology has changed since", where=raw.file, hint=_another(name))
    if not wanted.stage:
        raise WrongInput(f"lab {name} is already up", hint=_another(name))
    return lab


def _another(name: str) -> str:
    return f"v6lab down {name} first, or give this one another name (--name)"


def digest(topology: Topology) -> str:
    """A hash of all that a topology says, by which a running lab knows whether its file has changed since."""
    said = topology.name, topology.prefix, topology.nodes, topology.links
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _edit(lab: Lab, wanted: Trees, told: Told, deadline: Deadline, started: float) -> Lab:
    found = changes(lab, wanted)
    files = sum(len(each.files) for each in found)
    told.phase(f"laying {files} changed files over {len(found)} nodes" if found else "nothing was edited since")
    # The watch is opened first: what the change sets in motion must have come to rest.
    with quiet.watch(lab) as routes:
        if found:
            apply(lab, wanted, found)
        told.phase("waiting for convergence")
        converge(lab, told, deadline, started, routes)
    return lab


def _tell(written: Topology, used: Topology, engine: Engine, told: Told) -> None:
    """What is odd in somebody's file, and what is done otherwise than containerlab would: said before it happens."""
    differs = written.unsupported if engine.name == "embedded" else ()
    for finding in (*lint.lint(written), *differs):
        told.phase(f"{finding.severity}: {finding.key}: {finding.text}")
    for line in replaced(written, used):
        told.phase(line)


def _render(wanted: Wanted, topology: Topology, plan: Plan, told: Told) -> Trees:
    assert wanted.stage is not None
    told.phase(f"rendering stage {wanted.stage}")
    plan_lint.check(plan)
    match.check(plan, topology)
    return render(topology, plan, wanted.project.configs, wanted.stage)


def down(engine: Engine, name: str) -> tuple[str, ...]:
    """Take a lab away, whatever state it is in; what is still there afterwards is returned (nothing, if all is well)."""
    engine.destroy(name)
    records.forget(name)
    return engine.leftovers(name)
