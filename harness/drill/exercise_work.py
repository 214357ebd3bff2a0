"""Which exercise somebody does at which desk, and the node trees of its start and of its solution."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.drill import faults as faults_of
from harness.drill.candidate import NODES
from harness.drill.exercise_desk import Attempt, Desk, with_files
from harness.drill.exercise_file import FILE, PLAN_FILE, PLAN_NODE, Exercise, Place, folders, read
from harness.drill.faults import Edit, Known
from harness.errors import WrongInput
from harness.lab import record as records
from harness.lab.lab import variables
from harness.lab.project import Project
from harness.plan import load as plans
from harness.render.render import render
from harness.render.tree import NodeTree, Source, TreeFile, Trees
from harness.topology.load import load as load_topology
from harness.topology.model import Topology

DIRECTORY = "exercises"


@dataclass(frozen=True, slots=True)
class Work:
    """An exercise of a project and the desk of who does it."""

    project: Project
    topology: Topology
    exercise: Exercise
    desk: Desk

    @property
    def lab(self) -> str:
        """The name of the trainee's lab; empty where none is needed."""
        return f"ex-{self.desk.trainee}-{self.exercise.id}".lower() if self.exercise.stage else ""


def directory(project: Project) -> Path:
    """The exercises of a project; those of this package's checkout where it has none of its own."""
    own = project.root / DIRECTORY
    return own if own.is_dir() else Path(__file__).resolve().parents[2] / DIRECTORY


def find(project: Project, name: str, trainee: str, checks: Collection[str]) -> Work:
    """The exercise of that name; ``checks`` are those that the project has. Raises ``WrongInput`` if there is none, or if its file is wrong."""
    where = directory(project)
    if name not in (names := folders(where)):
        raise WrongInput(f"there is no exercise {name!r}", where="ID", hint="exercises: " + ", ".join(names))
    topology, known = _known(project, checks)
    found = read(where / name / FILE, project.root / "configs" / "faults", known)
    return Work(project, topology, found, Desk.of(project.runs, trainee, name))


def find_all(project: Project, trainee: str, checks: Collection[str]) -> tuple[Work, ...]:
    """All exercises, in order."""
    return tuple(find(project, name, trainee, checks) for name in folders(directory(project)))


def _known(project: Project, checks: Collection[str]) -> tuple[Topology, Known]:
    stages = plans.load(project.plan_file).stage_names()
    topology = load_topology(project.topology_file, variables(project.root))
    return topology, Known(stages, tuple(topology.nodes), checks)


def trees(work: Work, *overlays: Path) -> Trees:
    """What the stage renders with candidates on top; of an exercise without a stage, the plan as a tree of its own."""
    if work.exercise.stage:
        plan = plans.load(work.project.plan_file)
        return render(work.topology, plan, work.project.configs, work.exercise.stage, overlays=overlays)
    own = [each / NODES / PLAN_NODE / PLAN_FILE for each in overlays]
    file = next((each for each in reversed(own) if each.is_file()), work.project.plan_file)
    return {PLAN_NODE: NodeTree(PLAN_NODE, {PLAN_FILE: TreeFile(file.read_bytes(), 0o644, Source("", file))})}


def start_trees(work: Work) -> Trees:
    """The stage with the exercise's mistakes in it. Raises ``WrongInput`` at the one that does not fit."""
    exercise = work.exercise
    found = trees(work, *((exercise.mistake_directory,) if exercise.mistake_directory else ()))
    for fault in exercise.faults:
        found = edited(found, fault.edits, fault.file)
    return edited(found, exercise.edits, exercise.file)


def solution_trees(work: Work) -> Trees:
    """The reference solution."""
    return trees(work, *((work.exercise.solution_directory,) if work.exercise.solution_directory else ()))


def edited(old: Trees, edits: Sequence[Edit], file: Path) -> Trees:
    """Trees with edits made. Raises ``WrongInput`` at the one that does not fit."""
    made = faults_of.texts(file, edits, old)
    return with_files(old, {Place(*place): text.encode() for place, text in made.items()}, file.parent)


def require_begun(work: Work) -> Attempt:
    """The attempt. Raises ``WrongInput`` if there is none."""
    if attempt := work.desk.read():
        return attempt
    raise WrongInput(
        f"{work.desk.trainee} has not started {work.exercise.id}",
        where=work.desk.path,
        hint=f"v6lab exercise start {work.exercise.id}",
    )


def require_running(work: Work) -> Attempt:
    """The attempt that is running. Raises ``WrongInput`` if none is."""
    attempt = require_begun(work)
    if attempt.state != "running":
        hint = f"v6lab exercise start {work.exercise.id} begins again"
        raise WrongInput(f"{work.exercise.id} has been stopped", where=work.desk.path, hint=hint)
    if attempt.lab and attempt.lab not in records.names():
        hint = f"v6lab exercise stop {work.exercise.id}, then start it again"
        raise WrongInput(f"lab {attempt.lab} is not up any more", where=work.desk.path, hint=hint)
    return attempt


def difference(place: Place, old: Trees, new: Trees) -> str:
    """How a file of the solution differs from that of the start, as a unified diff."""
    before, after = (each[place.node].files[place.path].content.decode().splitlines(True) for each in (old, new))
    return "".join(difflib.unified_diff(before, after, f"start/{place}", f"solution/{place}", n=2))
