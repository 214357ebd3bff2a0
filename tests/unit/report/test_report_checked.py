"""What holds of every requirement: the newest asking, with what was said before."""

import json

from harness.report.report import report
from tests.unit.report.left import CHECKS, STAGE, Run, verdict


def checked(run, check, stage=STAGE):
    (found,) = (each for each in report([run.path]).stages if each.stage == stage)
    return next(each for each in found.all if each.requirement.id == check)


def test_the_newest_asking_counts_and_the_earlier_one_is_told(tmp_path):
    run = Run(tmp_path)
    run.checks({"BGP-01": "fail"})
    run.checks({"BGP-01": "pass"})
    found = checked(run, "BGP-01")
    assert found.state == "pass"
    assert [outcome for _, outcome in found.earlier] == ["fail"]


def test_workers_of_one_pytest_run_are_one_asking(tmp_path):
    run = Run(tmp_path)
    files = [run.checks({"BGP-01": outcome}) for outcome in ("fail", "pass")]
    for file in files:
        whole = json.loads(file.read_text())
        whole["data"]["session"] = "test-1"
        file.write_text(json.dumps(whole))
    found = checked(run, "BGP-01")
    assert (found.state, found.earlier, len(found.points)) == ("fail", (), 2)


def test_over_its_points_the_worst_counts(tmp_path):
    run = Run(tmp_path)
    run.checks({"DNS-01": "pass"})
    run.rehearsal(**{STAGE: [verdict("DNS-01", each, "?") for each in ("pass", "skip", "error")]})
    assert checked(run, "DNS-01").state == "error"


def test_every_stage_has_its_own_requirements(tmp_path):
    run = Run(tmp_path)
    run.checks({"DNS-01": "pass"}, stage="21-pilot")
    run.checks({"DNS-01": "fail"})
    assert [each.stage for each in report([run.path]).stages] == ["21-pilot", STAGE]
    assert checked(run, "DNS-01", "21-pilot").state == "pass"
    assert checked(run, "DNS-01").state == "fail"


def test_requirements_are_those_that_the_suite_asks_at_the_stage(tmp_path):
    from harness.suite import catalogue
    from tests.unit.estate import ROOT, the_plan

    run = Run(tmp_path)
    run.checks({"DNS-01": "pass"})
    known = catalogue.read(ROOT / "configs/checks", the_plan().stage_names())
    basis = report([run.path]).basis
    for stage in the_plan().stage_names():
        assert {each.id for each in basis.due(stage)} == {each.id for each in known.values() if stage in each.stages}
    assert set(basis.requirements) == set(CHECKS)


def test_a_check_that_the_basis_does_not_know_is_still_shown(tmp_path):
    run = Run(tmp_path)
    run.checks({"XYZ-99": "fail"})
    assert checked(run, "XYZ-99").state == "fail"


def test_a_lab_without_a_plan_is_asked_what_needs_none(tmp_path):
    from dataclasses import replace

    run = Run(tmp_path)
    run.standing = replace(run.standing, plan="", stage="")
    run.stage = ""
    run.checks({"ANY-01": "pass"}, stage="")
    (stage,) = report([run.path]).stages
    assert {each.requirement.id for each in stage.all} == {"ANY-01", "ANY-02", "ANY-03", "ANY-04"}
