"""Every fault of the project fits what is rendered at each of its stages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from harness.drill import faults
from harness.drill.mutant import mutated
from harness.render.diff import diff
from harness.suite import catalogue
from tests.unit.estate import the_plan, the_topology, trees

ROOT = Path(__file__).parents[3]
NAMES = sorted(file.stem for file in (ROOT / "configs/faults").glob("*.yml"))


@cache
def checks() -> dict[str, catalogue.Check]:
    return catalogue.read(ROOT / "configs/checks", the_plan().stage_names())


@cache
def the_faults() -> dict[str, faults.Fault]:
    nodes = tuple(the_topology().nodes)
    return faults.read(ROOT / "configs/faults", faults.Known(the_plan().stage_names(), nodes, tuple(checks())))


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_changes_at_each_of_its_stages_the_files_that_it_names_and_no_others(name, tmp_path):
    fault = the_faults()[name]
    for stage in fault.stages if fault.edits else ():
        own = trees(stage)
        changed = diff(own, mutated(own, faults.candidate(fault, own, tmp_path / stage)))
        assert {(each.node, each.path) for each in changed} == {(each.node, each.path) for each in fault.edits}


@pytest.mark.parametrize("name", NAMES)
def test_a_faults_checks_are_required_at_each_of_its_stages(name):
    fault = the_faults()[name]
    for check in (*fault.caught_by, *fault.stays_green):
        assert set(fault.stages) <= set(checks()[check].stages), check
    assert not set(fault.caught_by) & set(fault.stays_green)
