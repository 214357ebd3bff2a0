"""What is not measured, skipped, not asked, damaged or broken off never counts as passed."""

import json

import pytest

from harness.drill.gate import Report as GateReport
from harness.errors import CannotMeasure
from harness.history import results
from harness.report.report import report
from harness.report.words import words
from harness.verdict.grade import Grade
from harness.verdict.rehearsal import Stretch
from harness.verdict.verdict import Finding
from tests.unit.report.left import CHECKS, STAGE, Run, desk, step, verdict

DUE = tuple(each for each in CHECKS if not each.startswith("ANY"))
ALL = dict.fromkeys((*CHECKS,), "pass")


def answer(run):
    return report([run.path]).answer


def test_a_run_that_asked_everything_and_saw_it_pass_passes(tmp_path):
    run = Run(tmp_path)
    run.checks(ALL)
    assert answer(run).result == "pass"
    assert "không đạt" not in words("vi")(answer(run).sentence.key, **answer(run).sentence.values).partition(";")[0]


@pytest.mark.parametrize(
    ("outcome", "result", "count"),
    [("fail", "fail", "failed"), ("error", "error", "dark"), ("skip", "partial", "skipped")],
)
def test_one_check_that_did_not_pass_is_counted_as_what_it_is(tmp_path, outcome, result, count):
    run = Run(tmp_path)
    run.checks(ALL | {"DNS-01": outcome})
    found = answer(run)
    assert found.result == result
    assert found.sentence.values[count] == 1
    assert found.sentence.values["passed"] == found.sentence.values["whole"] - 1


def test_a_requirement_that_nobody_asked_is_no_pass(tmp_path):
    run = Run(tmp_path)
    run.checks({"DNS-01": "pass"})
    found = report([run.path])
    assert found.answer.result == "partial"
    values = found.answer.sentence.values
    assert (values["passed"], values["unasked"]) == (1, values["whole"] - 1)
    assert values["whole"] == len(found.basis.due(STAGE))
    assert any(each.key == "remains.unasked" for each in found.remains)


def test_an_outcome_that_is_no_outcome_is_an_error(tmp_path):
    run = Run(tmp_path)
    file = run.checks(ALL)
    whole = json.loads(file.read_text())
    whole["data"]["verdicts"][0]["outcome"] = "passed"
    file.write_text(json.dumps(whole))
    assert answer(run).result == "error"


def test_an_empty_run_has_no_result(tmp_path):
    run = Run(tmp_path)
    assert (answer(run).result, answer(run).sentence.key) == ("empty", "answer.empty")


def test_a_damaged_result_makes_the_whole_uncertain_even_if_all_else_passed(tmp_path):
    run = Run(tmp_path)
    run.checks(ALL)
    (run.path / "results" / "20991231T000000Z-drill-1.json").write_text('{"format": 1, "kind"')
    found = report([run.path])
    assert found.answer.result == "error"
    assert [each.key for each in found.remains if each.weight == "error"] == ["remains.damaged"]


def test_a_result_that_lacks_what_its_kind_holds_is_damaged_and_not_nothing(tmp_path):
    run = Run(tmp_path)
    run.checks(ALL)
    file = run.drill((10.0, 10.0))
    whole = json.loads(file.read_text())
    del whole["data"]["measures"]
    file.write_text(json.dumps(whole))
    found = report([run.path])
    assert found.answer.result == "error"
    assert found.damaged[0].file == file


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("checks", {"verdicts": [7]}),
        ("checks", {"verdicts": [{"check": "DNS-01", "outcome": "pass", "findings": 3}]}),
        ("checks", {}),
        ("journeys", {"journeys": [{"host": "stttt-pc"}]}),
        ("ipv4-off", {"sites": [{"states": [["portal", "stttt-pc"]]}]}),
        ("verify", {"outcome": "pass"}),
        ("rehearsal", {"outcome": "pass", "steps": [{}]}),
        ("mutants", {"faults": [{"outcome": "pass"}]}),
        ("exercise", {"outcome": "pass"}),
    ],
)
def test_what_cannot_be_read_of_any_kind_is_damage_and_no_pass(tmp_path, kind, data):
    run = Run(tmp_path)
    file = results.keep(run.standing, kind, data)
    found = report([run.path])
    assert [each.file for each in found.damaged] == [file]
    assert found.answer.result == "error"


def test_packets_lost_one_by_one_are_told_though_no_outage_is_long(tmp_path):
    run = Run(tmp_path)
    many = Stretch("portal → viettel-citizen", 6, "outbound", 3000, 60, 20.0, 101.0)
    run.rehearsal(step("21-pilot", STAGE, stretches=(many,)))
    (lost,) = report([run.path]).wrong
    assert (lost.key, lost.values["lost"], lost.values["sent"]) == ("wrong.packets", 60, 3000)


def test_a_command_that_was_broken_off_makes_the_whole_uncertain(tmp_path):
    run = Run(tmp_path)
    run.checks(ALL)
    run.seen("reply", worker="rehearsal-77")
    found = report([run.path])
    assert found.answer.result == "error"
    assert any(each.key == "remains.unfinished" and each.values["kind"] == "rehearsal" for each in found.remains)


@pytest.mark.parametrize(
    ("trace", "kind"),
    [
        ("verify/checks.log", "verify"),
        ("rehearsal/21-pilot/checks.log", "rehearsal"),
        ("history-checks-1.jsonl", "checks"),
        ("history-gw0.jsonl", "checks"),
        ("history-drill-F02.jsonl", "drill"),
    ],
)
def test_a_run_with_traces_and_no_result_is_not_called_empty(tmp_path, trace, kind):
    run = Run(tmp_path)
    (run.path / trace).parent.mkdir(parents=True, exist_ok=True)
    (run.path / trace).write_text("")
    found = report([run.path])
    assert (found.answer.result, found.answer.sentence.key) == ("error", "answer.damaged")
    assert [each.values["kind"] for each in found.remains if each.key == "remains.unfinished"] == [kind]


def test_the_gate_says_what_would_have_gone_wrong(tmp_path):
    run = Run(tmp_path)
    run.verify()
    found = report([run.path])
    assert found.answer.result == "fail"
    assert {each.key for each in found.wrong} == {"wrong.gate", "wrong.journeys"}
    assert any(each.key == "remains.gate" and each.values["id"] == "SEC-01" for each in found.remains)


@pytest.mark.parametrize(
    ("verdicts", "result"),
    [
        ((verdict("DNS-01", "pass"),), "pass"),
        ((verdict("DNS-01", "error", "no answer"),), "error"),
        ((verdict("DNS-01", "pass"), verdict("DS-07", "skip", "lacks netem")), "partial"),
        ((), "partial"),  # it changes no file: nothing was laid over anything
    ],
)
def test_a_change_passes_only_if_all_of_it_was_measured(tmp_path, verdicts, result):
    run = Run(tmp_path)
    run.verify(verdicts=verdicts, journeys=(), changed=() if not verdicts else GateReport("c").changed)
    assert answer(run).result == result


def test_a_rehearsal_says_outage_lost_state_and_what_was_not_proven(tmp_path):
    run = Run(tmp_path)
    left = (Finding("fw1 rules", "left over"),)
    run.rehearsal(
        step("21-pilot", STAGE, (30.0, 1240.0)), step(STAGE, "21-pilot", (0.0, 0.0), left, unproven=("a → b",))
    )
    found = report([run.path])
    assert found.answer.result == "fail"
    assert {each.key for each in found.wrong} == {"wrong.outage", "wrong.not-back"}
    assert next(each for each in found.wrong if each.key == "wrong.outage").values["ms"] == 1240.0
    assert any(each.key == "remains.unproven" for each in found.remains)


def test_a_rehearsal_that_was_broken_off_has_not_passed(tmp_path):
    run = Run(tmp_path)
    run.rehearsal(step("21-pilot", STAGE), error=CannotMeasure("no route"))
    found = answer(run)
    assert (found.result, found.sentence.key) == ("error", "part.rehearsal.broken")


def test_a_drill_that_proves_nothing_has_not_passed(tmp_path):
    run = Run(tmp_path)
    run.drill((20.0, 30.0), error=CannotMeasure("no flow crosses"))
    assert answer(run).result == "error"


def test_a_drill_names_the_measures_that_missed_their_target(tmp_path):
    run = Run(tmp_path)
    run.drill((2900.0, 10.0), name="F01")
    (slow,) = report([run.path]).wrong
    assert slow.values["n"] == 2
    assert "IPv4" in slow.values["measures"].vi
    assert "IPv6" not in slow.values["measures"].vi


def test_faults_that_were_missed_unproved_or_not_tried_are_not_caught(tmp_path):
    run = Run(tmp_path)
    run.mutants(run.proof("FLT-37", "pass"), run.proof("FLT-07", "error", "no sign"), wanted=3)
    found = report([run.path])
    values = found.answer.sentence.values
    assert (found.answer.result, values["caught"], values["whole"], values["dark"], values["untried"]) == ("error", 1, 3, 1, 1)  # fmt: skip
    assert {each.key for each in found.remains if each.weight == "error"} == {"remains.mutant", "remains.untried"}


def test_proofs_of_a_run_that_was_broken_off_are_told_and_do_not_pass(tmp_path):
    run = Run(tmp_path)
    for name in ("FLT-37", "FLT-01"):
        (run.path / "mutants" / name).mkdir(parents=True)
    (run.path / "mutants/FLT-37/mutant.json").write_text(json.dumps(run.proof("FLT-37", "pass")))
    (run.path / "mutants/FLT-01/mutant.json").write_text('{"id": "FLT-01"')
    found = answer(run)
    assert (found.result, found.sentence.key, found.sentence.values["caught"]) == ("error", "part.mutants-broken", 1)


@pytest.mark.parametrize(
    ("grade", "result"),
    [
        (Grade(green=("BGP-01",)), "pass"),
        (Grade(green=("DS-01",), red=("BGP-01",)), "fail"),
        (Grade(green=("DS-01",), unmeasured=("BGP-01",)), "error"),
    ],
)
def test_an_exercise_is_reported_from_the_desk_of_its_trainee(tmp_path, grade, result):
    assert report([desk(tmp_path, grade)]).answer.result == result
