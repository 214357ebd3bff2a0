"""Where a project's files lie: the directory with ``configs/`` and ``topologies/`` that the work is about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import WrongInput
from harness.render.render import Configs

DEFAULT_TOPOLOGY = "pilot.clab.yml"
DEFAULT_STAGE = "31-datacentre"


@dataclass(frozen=True, slots=True)
class Project:
    """A checkout, by its root."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """The project around ``start`` (the current directory), else the one that this package lies in."""
        try:
            here = (start or Path.cwd()).resolve()
        except FileNotFoundError as error:
            hint = "cd into a checkout"
            raise WrongInput("the current directory has been removed", where="v6lab", hint=hint) from error
        packaged = Path(__file__).resolve().parents[2]
        for directory in (here, *here.parents, packaged):
            if (directory / "configs" / "plan.yml").is_file():
                return cls(directory)
        raise WrongInput("no configs/plan.yml here or above", where=here, hint="run v6lab inside a checkout")

    @property
    def configs(self) -> Configs:
        """The configurations."""
        return Configs(self.root / "configs")

    @property
    def plan_file(self) -> Path:
        """The address plan."""
        return self.root / "configs" / "plan.yml"

    @property
    def topology_file(self) -> Path:
        """The topology that is meant where none is named."""
        return self.root / "topologies" / DEFAULT_TOPOLOGY

    @property
    def runs(self) -> Path:
        """Where runs leave their directories."""
        return self.root / "runs"
