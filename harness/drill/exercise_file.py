"""The exercises of ``exercises/``, one folder each: every mistake in a file is told with file, line and key."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from harness.drill import faults as faults_of
from harness.drill.faults import Edit, Fault, Known, read_edit
from harness.errors import WrongInput
from harness.language import LANGUAGES, Text
from harness.plan.section import Section, read_sections

FILE = "exercise.yml"
FAULTS, MISTAKE, SOLUTION = "faults", "mistake", "solution"
"""Folders beside the file: faults of the exercise's own; candidates, laid over the stage as mistake and as solution."""
HINTS = 3
LEVELS = ("basic", "intermediate", "advanced")
PLAN_NODE, PLAN_FILE = "plan", "plan.yml"
"""Where the address plan lies in an exercise about it, which has no lab and no other file."""
LINT = "LINT"
"""Everything else that ``v6lab plan lint`` looks at: other rules, and whether plan and topology speak of one network."""
PLAN_CHECKS = ("ADR-01", "ADR-02", "ADR-03", "ADR-04", "ADR-08", LINT)
"""What can be asked of a plan alone."""
KEYS = ("id", "vi", "en", "level", "stage", "minutes", "goal", "faults", "edits", "shown_by", "files", "read", "untouched", "goal_checks", "stays_green", "forbidden", "steady", "hints", "solution", "cheats", "note")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A file of a node, without the leading slash."""

    node: str
    path: str

    def __str__(self) -> str:
        return f"{self.node}:{self.path}"

    def matches(self, patterns: Collection[str]) -> bool:
        """Whether one of the patterns (``edge*:etc/nftables.conf``) means it."""
        return any(fnmatchcase(str(self), pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Steady:
    """A command in a node whose answer must be at every grading what it was before; ``why`` says what else happened."""

    node: str
    command: tuple[str, ...]
    why: Text


@dataclass(frozen=True, slots=True)
class Command:
    """A command in a node."""

    node: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forbidden:
    """What no answer may contain: a regular expression, and why."""

    pattern: str
    why: Text


@dataclass(frozen=True, slots=True)
class Cheat:
    """A way to green without the goal, that must be refused: edits of the start's files."""

    name: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Exercise:
    """A broken network to mend. ``stage`` is empty where the address plan is all there is. ``goal_checks`` are red at
    the start and ``stays_green`` are not; ``shown_by`` runs at the start, so that what nodes learnt before the mistakes
    does not hide them; each check has a sentence that says what its red means to users. ``minutes``
    is the time without a loss of points."""

    file: Path
    id: str
    title: Text
    level: str
    stage: str
    minutes: int
    goal: Text
    faults: tuple[Fault, ...]
    edits: tuple[Edit, ...]
    shown_by: tuple[Command, ...]
    files: tuple[Place, ...]
    read: tuple[Place, ...]
    untouched: tuple[str, ...]
    goal_checks: Mapping[str, Text]
    stays_green: Mapping[str, Text]
    forbidden: tuple[Forbidden, ...]
    steady: tuple[Steady, ...]
    hints: tuple[Text, ...]
    solution: Text
    cheats: tuple[Cheat, ...]

    @property
    def checks(self) -> tuple[str, ...]:
        """All that the grade comes from."""
        return (*self.goal_checks, *self.stays_green)

    @property
    def mistake_directory(self) -> Path | None:
        """The candidate laid over the stage, if there is one."""
        return found if (found := self.file.parent / MISTAKE).is_dir() else None

    @property
    def solution_directory(self) -> Path | None:
        """The reference solution; without one it is what the stage itself renders."""
        return found if (found := self.file.parent / SOLUTION).is_dir() else None

    def meaning(self, check: str) -> Text:
        """What it means to users when a check is red."""
        return self.goal_checks.get(check) or self.stays_green[check]


def folders(directory: Path) -> tuple[str, ...]:
    """The ids of the exercises in a directory. Raises ``WrongInput`` if there is none."""
    if not (found := sorted(each.parent.name for each in directory.glob(f"*/{FILE}"))):
        raise WrongInput("there is no exercise", where=directory, hint="see docs/add-an-exercise.md")
    return tuple(found)


def read_all(directory: Path, faults: Path, known: Known) -> dict[str, Exercise]:
    """All exercises by id. Raises ``WrongInput`` for the first file that is wrong."""
    return {name: read(directory / name / FILE, faults, known) for name in folders(directory)}


def read(file: Path, faults: Path, known: Known) -> Exercise:
    """One exercise; ``faults`` is the project's directory of faults, ``known`` what there is to be named."""
    root = read_sections(file)
    root.only(KEYS)
    if root.text("id") != file.parent.name:
        raise root.child("id").wrong(f"{root.text('id')!r} is not the folder's name", f"write {file.parent.name}")
    stage = root.child("stage").one_of(known.stages, "stage") if "stage" in root else ""
    known = known if stage else replace(known, nodes=(PLAN_NODE,), checks=PLAN_CHECKS)
    found = Exercise(
        file=file,
        id=root.text("id"),
        title=_text(root),
        level=root.child("level").one_of(LEVELS, "level"),
        stage=stage,
        minutes=_minutes(root.child("minutes")),
        goal=_text(root.child("goal")),
        faults=tuple(_fault(each, file, faults, known) for each in root.list("faults")),
        edits=tuple(read_edit(file, each, known.nodes) for each in root.list("edits")),
        shown_by=tuple(_command(each, known) for each in root.list("shown_by")),
        files=tuple(_place(each, known) for each in root.filled("files")),
        read=tuple(_place(each, known) for each in root.list("read")),
        untouched=tuple(each.as_text() for each in root.filled("untouched")),
        goal_checks=_meanings(root.child("goal_checks"), known),
        stays_green=_meanings(root.child("stays_green"), known),
        forbidden=tuple(_forbidden(each) for each in root.list("forbidden")),
        steady=tuple(_steady(each, known) for each in (root.filled("steady") if "steady" in root else ())),
        hints=tuple(_text(each) for each in root.filled("hints")),
        solution=_text(root.child("solution")),
        cheats=tuple(_cheat(file, each, known) for each in root.filled("cheats")),
    )
    _require_whole(root, found)
    return found


def _require_whole(root: Section, found: Exercise) -> None:
    if not (found.faults or found.edits or found.mistake_directory):
        raise root.wrong("nothing is broken", f"add `faults`, `edits`, or a folder {MISTAKE}/ beside the file")
    if len(found.hints) != HINTS:
        raise root.child("hints").wrong(f"{len(found.hints)} hints", f"write {HINTS}, each plainer than the one before")
    for check in found.goal_checks:
        if check in found.stays_green:
            raise root.child("stays_green").wrong(f"{check} is a goal as well", "name it once")
    for place in found.files:
        if place.matches(found.untouched):
            raise root.child("untouched").wrong(f"{place} may be edited", "narrow the pattern")


def _text(section: Section) -> Text:
    for language in LANGUAGES:
        if not section.text(language).strip():
            raise section.child(language).wrong("says nothing", "write it in both languages")
    return Text(section.text("vi").strip(), section.text("en").strip())


def _minutes(section: Section) -> int:
    if (found := section.as_int()) < 1:
        raise section.wrong(f"{found} minutes", "write how long a trainee may take")
    return found


def _place(entry: Section, known: Known) -> Place:
    node, colon, path = entry.as_text().partition(":")
    if not colon or not path or path.startswith("/") or ".." in path.split("/"):
        raise entry.wrong(f"{entry.as_text()!r} is no file of a node", "write NODE:etc/frr/frr.conf")
    if node not in known.nodes:
        raise entry.wrong(f"there is no node {node!r}", "nodes: " + ", ".join(known.nodes))
    return Place(node, path)


def _fault(entry: Section, file: Path, faults: Path, known: Known) -> Fault:
    """A fault of the exercise's own folder, else of the project."""
    name = entry.as_text()
    for directory in (file.parent / FAULTS, faults):
        if (directory / f"{name}{faults_of.SUFFIX}").is_file():
            found = faults_of.read(directory, known)[name]
            if found.breakage:
                raise entry.wrong(f"{name} is a breakage: no file mends it", "name a mistake")
            return found
    raise entry.wrong(f"there is no fault {name!r}", f"put {name}.yml into {FAULTS}/ beside this file")


def _meanings(section: Section, known: Known) -> dict[str, Text]:
    found: dict[str, Text] = {}
    for check, entry in section.children():
        if check not in known.checks:
            raise entry.wrong(f"there is no check {check!r}", "checks: " + ", ".join(known.checks))
        found[check] = _text(entry)
    if not found:
        raise section.wrong("no check", "name at least one")
    return found


def _command(entry: Section, known: Known) -> Command:
    entry.only(("node", "command"))
    node = entry.child("node").one_of(known.nodes, "node")
    return Command(node, tuple(each.as_text() for each in entry.filled("command")))


def _forbidden(entry: Section) -> Forbidden:
    entry.only(("pattern", *LANGUAGES))
    try:
        re.compile(entry.text("pattern"))
    except re.error as error:
        raise entry.child("pattern").wrong(f"is no regular expression: {error}", "mend it") from error
    return Forbidden(entry.text("pattern"), _text(entry))


def _steady(entry: Section, known: Known) -> Steady:
    entry.only(("node", "command", *LANGUAGES))
    command = tuple(each.as_text() for each in entry.filled("command"))
    return Steady(entry.child("node").one_of(known.nodes, "node"), command, _text(entry))


def _cheat(file: Path, entry: Section, known: Known) -> Cheat:
    entry.only(("name", "edits"))
    return Cheat(entry.text("name"), tuple(read_edit(file, each, known.nodes) for each in entry.filled("edits")))
