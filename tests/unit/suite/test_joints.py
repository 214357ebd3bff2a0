"""What stands in two places must be the same in both: checks and tests, thresholds and their uses, stages and the plan."""

import ast
from collections import Counter
from pathlib import Path

import pytest
import yaml

from harness.drill.judging import DISTURBING
from harness.plan.load import load
from harness.suite import catalogue, decisions

ROOT = Path(__file__).parents[3]
CHECKS = catalogue.read(ROOT / "configs/checks", load(ROOT / "configs/plan.yml").stage_names())
TARGETS = catalogue.targets(ROOT / "configs/targets.yml")
DRILLS = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted((ROOT / "configs/drills").glob("*.yml"))]
BY_DRILLS = {key for drill in DRILLS for key in drill["targets"].values()}
TESTS = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "tests/checks").glob("*.py"))}


def marked():
    """The ids that tests carry, each once for each test."""
    for tree in TESTS.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.check":
                yield ast.literal_eval(node.args[0])


def strings():
    """All text constants in the checks' tests: a threshold is taken by its name."""
    for tree in TESTS.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def subscripts():
    """The keys by which tests take thresholds where they write them out: ``targets["key"]``."""
    for tree in TESTS.values():
        for node in ast.walk(tree):
            taken = isinstance(node, ast.Subscript) and ast.unparse(node.value) == "targets"
            if taken and isinstance(node.slice, ast.Constant):
                yield node.slice.value


def test_every_check_has_a_test_and_every_test_a_check():
    assert set(marked()) == set(CHECKS)


def test_no_check_is_written_twice():
    lines = [line for file in (ROOT / "configs/checks").glob("*.yml") for line in file.read_text().splitlines()]
    heads = Counter(line for line in lines if line and not line[0].isspace() and line[0] != "#")
    assert not [head for head, count in heads.items() if count > 1]


def test_every_target_that_a_check_names_is_there_and_every_target_is_named():
    named = {key for check in CHECKS.values() for key in check.targets}
    assert named | BY_DRILLS == set(TARGETS)


def test_tests_take_targets_that_there_are_and_every_target_is_taken():
    assert set(subscripts()) <= set(TARGETS)
    assert set(TARGETS) <= set(strings()) | BY_DRILLS


def test_a_check_is_in_the_file_of_its_group():
    groups = {}
    for file in (ROOT / "configs/checks").glob("*.yml"):
        for line in file.read_text().splitlines():
            if line and not line[0].isspace() and line[0] != "#":
                groups.setdefault(line.split("-")[0], set()).add(file.stem)
    assert not {prefix: files for prefix, files in groups.items() if len(files) > 1}


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda each: each.id)
def test_a_check_is_due_at_stages_of_the_plan_and_says_so_in_both_languages(check):
    assert check.stages
    assert check.vi
    assert check.en
    assert check.vi != check.en


def test_exceptions_are_from_checks_that_there_are_and_from_places_that_there_are():
    places = set(load(ROOT / "configs/plan.yml").lans)
    for check in CHECKS:
        assert set(decisions.read(ROOT / "configs/exceptions.yml", check)) <= places


def test_every_test_of_a_module_that_is_named_so_disturbs():
    modules = [path for path in TESTS if path.match(DISTURBING)]
    assert modules
    for module in modules:
        whole = any("disturbs" in ast.unparse(each) for each in TESTS[module].body if "pytestmark" in ast.unparse(each))
        tests = [each for each in TESTS[module].body if getattr(each, "name", "").startswith("test_")]
        left = [each.name for each in tests if "pytest.mark.disturbs" not in map(ast.unparse, each.decorator_list)]
        assert whole or not left, module.name
