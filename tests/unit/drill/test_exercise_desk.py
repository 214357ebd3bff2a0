"""The desk of a trainee; an exercise about the plan done whole, as it needs no lab."""

import json
from dataclasses import replace
from functools import cache

import pytest

from harness.drill import exercise
from harness.drill.exercise_answer import forbidden
from harness.drill.exercise_desk import Attempt, Desk
from harness.drill.exercise_file import PLAN_CHECKS, Place, folders
from harness.drill.exercise_plan import JUDGES, LINT
from harness.drill.exercise_work import edited, find, solution_trees, start_trees
from harness.errors import WrongInput
from harness.lab.converge import Told
from harness.lab.project import Project
from harness.suite import catalogue
from tests.unit.estate import ROOT, the_plan

SILENT = Told(lambda text: None, lambda condition, left: None)
PLAN = Place("plan", "plan.yml")


@cache
def checks():
    return tuple(catalogue.read(ROOT / "configs/checks", the_plan().stage_names()))


@pytest.fixture
def work(tmp_path):
    found = find(Project(ROOT), "T01", "an", checks())
    return replace(found, desk=Desk.of(tmp_path, "an", "T01"))


@pytest.fixture
def begun(work):
    exercise.start(work, None, SILENT)
    return work


def graded(work, text=None):
    if text is not None:
        work.desk.place(PLAN).write_text(text)
    return exercise.check(work, SILENT, "en").grade


def text(trees):
    return trees["plan"].files["plan.yml"].content.decode()


def test_the_start_is_worth_nothing_and_the_solution_everything(begun):
    assert graded(begun).red == tuple(begun.exercise.goal_checks)
    found = graded(begun, text(solution_trees(begun)))
    assert (found.points, found.outcome) == (100, "pass")
    assert begun.desk.read().best == 100


def test_whoever_mends_half_of_it_gets_half_of_the_points(begun):
    half = text(start_trees(begun)).replace("3FFF:300", "3fff:300").replace("/42", "/40")
    assert graded(begun, half).points == 50


@pytest.mark.parametrize("number", range(len(find(Project(ROOT), "T01", "an", checks()).exercise.cheats)))
def test_no_cheat_comes_through(begun, number):
    beginning = start_trees(begun)
    cheat = begun.exercise.cheats[number]
    found = graded(begun, text(edited(beginning, cheat.edits, begun.exercise.file)))
    assert (found.points, found.outcome) == (0, "fail")
    assert found.refused or found.broken, cheat.name


def test_a_plan_that_cannot_be_read_is_no_answer_and_not_graded(begun):
    with pytest.raises(WrongInput, match="not YAML"):
        graded(begun, "blocks: [")
    assert begun.desk.read().grades == ()


def test_hints_come_in_order_cost_points_and_end(begun):
    said = [exercise.hint(begun) for _ in range(4)]
    assert [each[0] for each in said[:3]] == [1, 2, 3]
    assert [each[1] for each in said[:3]] == list(begun.exercise.hints)
    assert said[3] is None
    assert graded(begun, text(solution_trees(begun))).points == 70


def test_the_solution_ends_the_grading(begun):
    path, said = exercise.solution(begun)
    assert "+" in said
    assert (path / "plan" / "plan.yml").read_text() == text(solution_trees(begun))
    assert graded(begun, text(solution_trees(begun))).outcome == "pass"
    assert begun.desk.read().grades == ()
    assert begun.desk.read().passed is None


def test_what_is_stopped_leaves_the_record_and_the_answer_and_can_be_begun_again(begun):
    exercise.hint(begun)
    exercise.stop(begun)
    assert {each.name for each in begun.desk.path.iterdir()} == {"record.json", "nodes"}
    with pytest.raises(WrongInput, match="has been stopped"):
        graded(begun)
    exercise.start(begun, None, SILENT)
    assert begun.desk.read().hints == 0
    assert json.loads((begun.desk.path / "earlier-1" / "record.json").read_text())["hints"] == 1


def test_what_lay_there_to_be_read_goes_with_the_lab(tmp_path, work):
    desk, beginning = Desk.of(tmp_path, "an", "T01"), start_trees(work)
    desk.lay_out(beginning, [PLAN], [PLAN])
    assert {each.name for each in desk.path.iterdir()} == {".start", "nodes", "read"}
    desk.clear()
    assert {each.name for each in desk.path.iterdir()} == {"nodes"}


def test_what_has_begun_is_not_begun_again_and_what_has_not_is_neither_graded_nor_stopped(work):
    for refused in (exercise.hint, exercise.solution, exercise.stop, graded):
        with pytest.raises(WrongInput, match="has not started"):
            refused(work)
    exercise.start(work, None, SILENT)
    with pytest.raises(WrongInput, match="has been started already"):
        exercise.start(work, None, SILENT)


def test_a_file_that_is_missing_is_named_with_where_to_copy_it_from(begun):
    begun.desk.place(PLAN).unlink()
    with pytest.raises(WrongInput, match="is missing") as caught:
        graded(begun)
    assert "copy it back from" in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "-x", "../x", "x" * 33])
def test_a_name_that_cannot_be_a_trainees_is_refused(tmp_path, name):
    with pytest.raises(WrongInput, match="cannot be called"):
        Desk.of(tmp_path, name, "T01")


def test_a_damaged_record_is_told(begun):
    (begun.desk.path / "record.json").write_text("{")
    with pytest.raises(WrongInput, match="cannot be read"):
        begun.desk.read()


def test_the_clock_stops_when_the_goal_is_reached():
    attempt = Attempt("T01", "an", "", began=0.0)
    assert attempt.minutes(600.0) == 10
    assert replace(attempt, passed=120.0).minutes(600.0) == 2


def test_files_that_are_not_the_trainees_are_refused_and_editors_backups_are_not_looked_at(begun):
    beginning, answer = begun.desk.start(), begun.desk.answered()
    assert forbidden(begun.exercise, answer, beginning, "en") == ()
    other = begun.desk.place(Place("edge1", "etc/frr/frr.conf"))
    other.parent.mkdir(parents=True)
    other.write_text("x")
    begun.desk.place(PLAN).with_name("plan.yml~").write_text("x")
    said = forbidden(begun.exercise, begun.desk.answered(), beginning, "en")
    assert said == ("edge1:etc/frr/frr.conf is not one of the files that may be edited",)


def test_what_can_be_asked_of_a_plan_has_its_judge():
    assert set(PLAN_CHECKS) == {*JUDGES, LINT}


def test_every_folder_is_listed():
    assert folders(ROOT / "exercises") == ("T01", "T02", "T05", "T06", "T07", "T11")
