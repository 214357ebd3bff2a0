"""Bringing a lab up: render, deploy, converge."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.engine.base import Engine
from harness.errors import NotConverged, WrongInput
from harness.history.run import RunDirectory
from harness.lab import record as records
from harness.lab.conditions import conditions
from harness.lab.lab import Lab, variables
from harness.lab.project import Project
from harness.lab.record import Record
from harness.plan import lint as plan_lint
from harness.plan import load as plans
from harness.plan.model import Plan
from harness.render import match
from harness.render import tree as node_trees
from harness.render.render import render
from harness.render.tree import Trees
from harness.topology import lint
from harness.topology.binds import missing_binds
from harness.topology.load import load as load_topology
from harness.topology.model import Topology
from harness.wait import Deadline, Met, until

CONVERGE_SECONDS = 60.0
"""A lab that has not converged by then will not: OSPF and BGP take some 8 s, DAD 2 s, an unkind ISP 30 s at worst."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be brought up. ``stage`` is ``None`` for a topology without a plan."""

    project: Project
    topology: Path
    stage: str | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Who hears of progress: ``phase`` one line as each phase begins, ``met`` each condition and how many are left."""

    phase: Callable[[str], None]
    met: Callable[[Met, int], None]


def up(wanted: Wanted, engine: Engine, told: Told, *, wait: float = CONVERGE_SECONDS) -> Lab:
    """Bring a lab up and wait until it has converged.

    Raises ``WrongInput`` before anything is started; ``NotConverged`` names the conditions that did not come true (the
    lab then stays up, to be looked at); any other failure leaves nothing behind.
    """
    started = time.monotonic()
    told.phase("reading plan and topology")
    plan = plans.load(wanted.project.plan_file) if wanted.stage else None
    raw = load_topology(wanted.topology, variables(Path("/nonexistent")))
    name = wanted.name or raw.name
    _refuse_second(name)
    lint.check(raw)
    if engine.name == "embedded":
        lint.refuse(raw)
    rendered = _render(wanted, raw, plan, told) if plan else {}
    run = RunDirectory.create(wanted.project.runs, name)
    trees = run.path / "trees"
    topology = load_topology(wanted.topology, variables(trees))
    if rendered:
        node_trees.write(rendered, trees)
    lint.raise_errors(topology.file, missing_binds(topology))
    record = Record(
        lab=name,
        engine=engine.name,
        topology=str(wanted.topology.resolve()),
        stage=wanted.stage or "",
        state="starting",
        trees=str(trees),
        run=str(run.path),
        digest=node_trees.digest(rendered) if rendered else "",
        plan=str(wanted.project.plan_file) if plan else "",
        project=str(wanted.project.root),
    )
    engine.deploy(name, topology, told.phase)
    records.save(record)
    lab = Lab(record, engine, topology, plan)
    told.phase("waiting for convergence")
    converge(lab, told, Deadline.after(wait), started)
    return lab


def _refuse_second(name: str) -> None:
    if name in records.names() and (records.directory() / name / records.FILE).exists():
        raise WrongInput(
            f"lab {name} is already up", hint=f"v6lab down {name} first, or give this one another name (--name)"
        )


def _render(wanted: Wanted, topology: Topology, plan: Plan, told: Told) -> Trees:
    assert wanted.stage is not None
    told.phase(f"rendering stage {wanted.stage}")
    plan_lint.check(plan)
    match.check(plan, topology)
    return render(topology, plan, wanted.project.configs, wanted.stage)


def converge(lab: Lab, told: Told, deadline: Deadline, started: float) -> None:
    """Wait until every condition of the lab's stage has come true; the record says so afterwards."""
    outcome = until(conditions(lab), deadline, on_met=told.met, workers=2)
    seconds = time.monotonic() - started
    if outcome.pending:
        raise NotConverged(lab.name, seconds, outcome.pending)
    lab.record = lab.record.at(seconds)
    records.save(lab.record)


def down(engine: Engine, name: str) -> tuple[str, ...]:
    """Take a lab away, whatever state it is in; what is still there afterwards is returned (nothing, if all is well)."""
    engine.destroy(name)
    return engine.leftovers(name)
