"""Every exercise proves itself: its start is worth nothing, its solution everything, and no cheat comes through.

One exercise is done whole in every run; `make exercises` (V6LAB_EXERCISES=all) does them all.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from pathlib import Path

import pytest

from harness.drill.exercise_desk import EARLIER
from harness.drill.exercise_file import Place, folders
from harness.drill.exercise_work import edited, find, solution_trees, start_trees
from harness.lab import record
from harness.lab.project import Project
from harness.plan.load import load
from harness.suite import catalogue

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
ALWAYS = "T06"
ASKED = os.environ.get("V6LAB_EXERCISES") or ALWAYS
NAMES = [each for each in folders(ROOT / "exercises") if ASKED == "all" or each in ASKED.split(",")]
MOST_CHEATS = None if "V6LAB_EXERCISES" in os.environ else 1
"""One is enough to see that the lab is judged; the others cost as much again."""


class Trainee:
    """Somebody who does one exercise, with the command line and an editor."""

    def __init__(self, desk, name):
        self.desk, self.name, self.who = desk, name, f"t{uuid.uuid4().hex[:6]}"
        plan = load(desk.root / "configs/plan.yml")
        checks = tuple(catalogue.read(desk.root / "configs/checks", plan.stage_names()))
        self.work = find(Project(desk.root), name, self.who, checks)

    def do(self, command, *arguments):
        return self.desk.v6lab("exercise", command, self.name, "--trainee", self.who, *arguments)

    def write(self, trees, places):
        """Put files on the desk, and take away what is none of the exercise's."""
        shutil.rmtree(self.work.desk.path / "nodes")
        for place in {*places, *self.work.exercise.files}:
            file = self.work.desk.place(place)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(trees[place.node].files[place.path].content)

    def begin_again(self):
        for command in ("stop", "start"):
            said = self.do(command)
            assert said.returncode == 0, said.stderr

    def graded(self, code):
        said = self.do("check", "--json")
        assert said.returncode == code, said.stdout + said.stderr
        return json.loads(said.stdout)


@pytest.fixture
def trainee(own, request):
    found = Trainee(own, request.param)
    try:
        yield found
    finally:
        found.do("stop")


@pytest.mark.parametrize("trainee", NAMES, indirect=True, ids=NAMES)
def test_an_exercise_is_worth_nothing_at_its_start_and_everything_when_it_is_solved(trainee):
    work, exercise = trainee.work, trainee.work.exercise
    begun = trainee.do("start", "--lang", "en")
    assert begun.returncode == 0, begun.stderr
    assert exercise.goal.en.splitlines()[0] in begun.stdout

    untouched = trainee.graded(1)
    assert untouched["points"] == 0, untouched
    assert {*untouched["red"], *untouched["not_measured"]} == {*exercise.goal_checks}, untouched
    assert not untouched["broken"] + untouched["refused"], untouched

    beginning = start_trees(work)
    for cheat in exercise.cheats[:MOST_CHEATS]:
        trainee.write(edited(beginning, cheat.edits, exercise.file), {Place(e.node, e.path) for e in cheat.edits})
        said = trainee.do("check", "--json")
        found = json.loads(said.stdout)
        assert said.returncode in (1, 3), f"{cheat.name}: {found['green']}"
        assert found["points"] == 0, f"{cheat.name}: {found}"
        assert found["broken"] or found["not_measured"] or found["refused"], f"{cheat.name} is only not enough"
        if work.desk.read().unsteady:  # what had to stay has dropped: no answer in this lab counts any more
            trainee.begin_again()

    trainee.write(solution_trees(work), ())
    solved = trainee.graded(0)
    assert (solved["points"], solved["green"]) == (100, list(exercise.goal_checks)), solved

    if exercise.stage:
        assert work.lab in record.names()
    assert trainee.do("stop").returncode == 0
    assert work.lab not in record.names()
    assert not (trainee.desk.root / "runs" / (work.lab or "none")).exists()
    left = {each.name for each in work.desk.path.iterdir() if not each.name.startswith(EARLIER)}
    assert left == {"nodes", "record.json", "basis", "results"}  # the last two are for a report
