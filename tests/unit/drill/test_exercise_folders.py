"""Every exercise of the project fits what is rendered: its mistakes, its cheats, its checks and its two languages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from harness.drill import exercise_file
from harness.drill.exercise_desk import Desk
from harness.drill.exercise_file import FILE, Exercise, Place
from harness.drill.exercise_work import Work, edited, solution_trees, start_trees
from harness.drill.faults import Known
from harness.lab.project import Project
from harness.render.diff import diff
from harness.render.tree import Trees
from harness.suite import catalogue
from tests.unit.estate import ROOT, the_plan, the_topology, trees

FOLDER = ROOT / "exercises"
NAMES = exercise_file.folders(FOLDER)


@cache
def checks() -> dict[str, catalogue.Check]:
    return catalogue.read(ROOT / "configs/checks", the_plan().stage_names())


@cache
def exercise(name: str) -> Exercise:
    known = Known(the_plan().stage_names(), tuple(the_topology().nodes), tuple(checks()))
    return exercise_file.read(FOLDER / name / FILE, ROOT / "configs/faults", known)


def work(name: str) -> Work:
    return Work(Project(ROOT), the_topology(), exercise(name), Desk.of(Path("nowhere"), "somebody", name))


@cache
def good(name: str) -> Trees:
    """The reference solution; the stage is rendered once for all tests where that is it."""
    plain = exercise(name).stage and not exercise(name).solution_directory
    return trees(exercise(name).stage) if plain else solution_trees(work(name))


@cache
def start(name: str) -> Trees:
    found = exercise(name)
    if not found.stage or found.mistake_directory:
        return start_trees(work(name))
    made = trees(found.stage)
    for fault in found.faults:
        made = edited(made, fault.edits, fault.file)
    return edited(made, found.edits, found.file)


def places(old: Trees, new: Trees) -> set[Place]:
    return {Place(each.node, each.path) for each in diff(old, new)}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_to_be_mended_lies_in_the_files_that_may_be_edited(name):
    wrong = places(good(name), start(name))
    assert wrong == set(exercise(name).files)


@pytest.mark.parametrize("name", NAMES)
def test_no_file_may_be_edited_and_must_stay_as_it_is(name):
    assert not [
        each for each in exercise(name).files if exercise(name).stage and each.matches(exercise(name).untouched)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_cheat_fits_the_start_and_changes_something(name):
    for cheat in exercise(name).cheats:
        assert places(start(name), edited(start(name), cheat.edits, exercise(name).file)), cheat.name


@pytest.mark.parametrize("name", NAMES)
def test_its_checks_are_required_at_its_stage_and_none_is_named_twice(name):
    found = exercise(name)
    assert not set(found.goal_checks) & set(found.stays_green)
    for check in found.checks if found.stage else ():
        assert found.stage in checks()[check].stages, check


@pytest.mark.parametrize("name", NAMES)
def test_what_no_answer_may_contain_is_not_in_the_reference_solution(name):
    found, mended = exercise(name), good(name)
    text = "\n".join(mended[each.node].files[each.path].content.decode() for each in found.files)
    assert not [each.pattern for each in found.forbidden if each.pattern in text]


@pytest.mark.parametrize("name", NAMES)
def test_it_speaks_two_languages(name):
    found = exercise(name)
    meanings = [found.meaning(check) for check in found.checks]
    for text in (found.title, found.goal, found.solution, *found.hints, *meanings):
        assert text.vi != text.en
        assert not text.vi.isascii(), text.vi
