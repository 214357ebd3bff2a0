"""The project's own estate, read and rendered once for all tests of a run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from harness.plan.load import load as load_plan
from harness.plan.model import Plan
from harness.render.render import Configs, render
from harness.render.tree import Trees
from harness.topology.load import load as load_topology
from harness.topology.model import Topology

ROOT = Path(__file__).parents[2]


@cache
def the_plan() -> Plan:
    return load_plan(ROOT / "configs/plan.yml")


@cache
def the_topology() -> Topology:
    return load_topology(ROOT / "topologies/pilot.clab.yml")


@cache
def trees(stage: str) -> Trees:
    """All nodes at a stage."""
    return render(the_topology(), the_plan(), Configs(ROOT / "configs"), stage)
