"""What a result was judged by, as it was then: requirements, targets, indicators, plan, journeys, topology."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

from harness.errors import HarnessError
from harness.history.results import JOURNEYS, PLAN, TOPOLOGY
from harness.language import Text
from harness.plan import journeys as journey_file
from harness.plan import load as plans
from harness.plan.journeys import Journey
from harness.plan.model import Plan
from harness.topology.load import load as load_topology
from harness.topology.model import Topology

Read = TypeVar("Read")

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times as fast


@dataclass(frozen=True, slots=True)
class Target:
    """A threshold with its unit and where it comes from."""

    name: str
    value: str
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement as the province wrote it. ``group`` is the file that it stands in, ``due`` the stages it holds at."""

    id: str
    group: str
    item: str
    title: Text
    criterion: str = ""
    reference: str = ""
    due: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Indicator:
    """A service that readiness is counted of. ``label`` names the plan's services with the sites of its label class."""

    name: str
    title: Text
    label: tuple[str, ...]
    national: bool
    journeys: tuple[str, ...]
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything that a report says of what was judged. ``trouble`` are the files of it that cannot be read."""

    requirements: Mapping[str, Requirement] = field(default_factory=dict)
    indicators: tuple[Indicator, ...] = ()
    journeys: tuple[Journey, ...] = ()
    plan: Plan | None = None
    topology: Topology | None = None
    trouble: tuple[str, ...] = ()

    def requirement(self, check: str) -> Requirement:
        """The requirement of a check; one that the basis does not know is still shown, by its id."""
        return self.requirements.get(check) or Requirement(check, "unknown", "", Text(check, check))

    def due(self, stage: str) -> tuple[Requirement, ...]:
        """All requirements that hold at a stage."""
        return tuple(each for each in self.requirements.values() if stage in each.due)

    def stage_title(self, stage: str) -> Text:
        """What the plan calls a stage."""
        found = next((each for each in self.plan.stages if each.name == stage), None) if self.plan else None
        return Text(found.vi, found.en) if found else Text(stage, stage)

    def stage_item(self, stage: str) -> str:
        """The item of the province's plan that a stage belongs to."""
        return next((each.item for each in self.plan.stages if each.name == stage), "") if self.plan else ""

    def stage_names(self) -> tuple[str, ...]:
        """The stages in order."""
        return self.plan.stage_names() if self.plan else ()


def read(directory: Path) -> Basis:
    """The basis in a directory of the run. What cannot be read is left out and told: the results are still there."""
    trouble: list[str] = []

    def attempt(name: str, reads: Callable[[Path], Read], missing: Read) -> Read:
        path = directory / name
        if not path.exists():
            return missing
        try:
            return reads(path)
        except (HarnessError, OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
            trouble.append(f"{path.parent.name}/{name}: {error}")
            return missing

    plan = attempt(PLAN, plans.load, None)
    stages = plan.stage_names() if plan else ()
    targets: dict[str, Target] = attempt("targets.yml", _targets, {})
    return Basis(
        attempt("checks", lambda path: _requirements(path, stages, targets), {}),
        attempt("indicators.yml", _indicators, ()),
        attempt(JOURNEYS, lambda path: journey_file.load(path, plan), ()) if plan else (),
        plan,
        # Only the shape of the network is wanted: variables (paths of files in nodes) stay as they are written.
        attempt(TOPOLOGY, lambda path: load_topology(path, {}), None),
        tuple(trouble),
    )


def _yaml(file: Path) -> dict[str, Any]:
    found = yaml.load(file.read_text(encoding="utf-8"), _LOADER) or {}
    if not isinstance(found, dict):
        raise TypeError("it is no mapping")
    return found


def _targets(file: Path) -> dict[str, Target]:
    return {
        name: Target(name, f"{entry['value']:g}", str(entry["unit"]), str(entry["source"]))
        for name, entry in _yaml(file).items()
    }


def _requirements(directory: Path, stages: tuple[str, ...], targets: Mapping[str, Target]) -> dict[str, Requirement]:
    return {
        name: Requirement(
            name,
            file.stem,
            str(entry["item"]),
            Text(str(entry["vi"]), str(entry["en"])),
            str(entry["criterion"]),
            str(entry["reference"]),
            _due(entry, stages),
            tuple(targets[each] for each in entry.get("targets", ()) if each in targets),
        )
        for file in sorted(directory.glob("*.yml"))
        for name, entry in _yaml(file).items()
    }


def _due(entry: Mapping[str, Any], stages: tuple[str, ...]) -> tuple[str, ...]:
    """The stages of a requirement; without a plan there is one, which has no name."""
    if not stages:
        return ("",) if entry.get("plan") in ("not needed", "absent") else ()
    if entry.get("plan") == "absent":
        return ()
    written = entry["stages"]
    if isinstance(written, list):
        return tuple(each for each in stages if each in written)
    since = str(written).removeprefix("from ").strip()
    return stages if since == "all" else stages[stages.index(since) :]


def _indicators(file: Path) -> tuple[Indicator, ...]:
    return tuple(
        Indicator(
            name,
            Text(str(entry["vi"]), str(entry["en"])),
            tuple(entry.get("label", ())),
            bool(entry.get("national", False)),
            tuple(entry.get("journeys", ())),
            tuple(entry.get("checks", ())),
        )
        for name, entry in _yaml(file).items()
    )
