"""A handle on a running lab: its nodes, its stage, and what may be asked of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.engine.base import Completed, Engine
from harness.errors import WrongInput
from harness.lab import record as records
from harness.lab.engines import engine
from harness.lab.record import Record
from harness.node import Node
from harness.plan import load as plans
from harness.plan.model import Plan
from harness.topology.load import load as load_topology
from harness.topology.model import Topology

TREES_VARIABLE = "V6LAB_TREES"
"""The variable by which a topology file finds the rendered node trees."""


@dataclass(slots=True)
class Lab:
    """A lab that is up. ``plan`` is ``None`` for somebody's topology that no plan describes."""

    record: Record
    engine: Engine
    topology: Topology
    plan: Plan | None
    _nodes: Mapping[str, Node] = field(default_factory=dict)

    @classmethod
    def attach(cls, name: str) -> Lab:
        """The running lab of that name. Raises ``LabFailed`` if it is not up."""
        record = records.read(name)
        topology = load_topology(Path(record.topology), variables(Path(record.trees)))
        plan = plans.load(Path(record.plan)) if record.plan else None
        lab = cls(record, engine(record.engine), topology, plan)
        lab.refresh()
        return lab

    @property
    def name(self) -> str:
        """The lab's name."""
        return self.record.lab

    @property
    def stage(self) -> str:
        """The stage that it is at; empty without a plan."""
        return self.record.stage

    @property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes as they were last looked at."""
        return self._nodes or self.refresh()

    def refresh(self) -> Mapping[str, Node]:
        """Ask the engine for the nodes again: after a stop, a start, or when one may have died."""
        self._nodes = self.engine.nodes(self.name)
        return self._nodes

    def node(self, name: str) -> Node:
        """A node by name; ``WrongInput`` lists those that there are."""
        if name not in self.nodes:
            raise WrongInput(f"lab {self.name} has no node {name!r}", hint="nodes: " + ", ".join(self.nodes))
        return self.nodes[name]

    def exec(self, node: str, *argv: str, timeout: float = 30.0) -> Completed:
        """Run a command inside a node."""
        return self.engine.exec(self.name, self.node(node).name, argv, timeout=timeout)


def variables(trees: Path) -> dict[str, str]:
    """What a topology file may refer to, beside the process's environment."""
    return {**os.environ, TREES_VARIABLE: str(trees)}
