import json
import os
import re
from types import SimpleNamespace

import pytest

from harness.errors import EXIT_WRONG_INPUT
from harness.suite import selection

pytest_plugins = "pytester"

CHECKS = """
import pytest
from harness.errors import CannotMeasure, MissingCapability
from harness.verdict.verdict import Finding

@pytest.mark.check("DS-01")
def test_good(judged):
    judged(())

@pytest.mark.check("DS-03")
def test_bad(judged):
    judged((Finding("edge1", "is wrong"),), ("17",))

@pytest.mark.check("DS-04")
def test_unmeasured():
    raise CannotMeasure("no answer")

@pytest.mark.check("DS-06")
def test_asserted():
    assert False

@pytest.mark.check("DS-07")
def test_lacking():
    raise MissingCapability("netem", "no loss")
"""

OUTCOMES = {"DS-01": "pass", "DS-03": "fail", "DS-04": "error", "DS-06": "error", "DS-07": "skip"}

ORDER = """
import pytest

@pytest.fixture(scope="module")
def lab(): ...

@pytest.mark.disturbs
def test_disturbs(lab): ...
"""


@pytest.fixture(autouse=True)
def no_labs_up(tmp_path, monkeypatch):
    monkeypatch.setenv("V6LAB_STATE", str(tmp_path / "none"))


def verdicts(file):
    return {each["check"]: each["outcome"] for each in json.loads(file.read_text())}


def test_only_a_judge_says_fail_and_only_a_named_lack_says_skip(pytester):
    pytester.makepyfile(CHECKS)
    file = pytester.path / "verdicts.json"
    result = pytester.runpytest_inprocess("--verdicts", str(file))
    result.assert_outcomes(passed=1, failed=1, errors=2, skipped=1)
    assert verdicts(file) == OUTCOMES


def test_what_disturbs_comes_last(pytester):
    pytester.makepyfile(test_a=ORDER, test_b=ORDER.replace("@pytest.mark.disturbs", ""))
    result = pytester.runpytest_inprocess("-v")
    result.stdout.fnmatch_lines(["test_b.py::*", "test_a.py::*"])


def test_under_xdist_lookers_run_on_one_worker_and_what_disturbs_on_the_other(pytester):
    looks = ORDER.replace("@pytest.mark.disturbs", "").replace("test_disturbs", "test_looks")
    twice = ORDER + "\n@pytest.mark.disturbs\ndef test_again(lab): ..."
    pytester.makepyfile(test_a=twice, test_b=looks, test_c=looks, test_d=twice, test_e=CHECKS)
    file = pytester.path / "verdicts.json"
    out = pytester.runpytest_subprocess("-n", "2", "-v", "--verdicts", str(file)).stdout.str()
    assert verdicts(file) == OUTCOMES
    ran = {test: worker for worker, test in re.findall(r"\[(gw\d)\].* PASSED (\S+)", out)}
    assert ran["test_b.py::test_looks"] == ran["test_c.py::test_looks"]
    assert len({ran[f"test_{module}.py::{test}"] for module in "ad" for test in ("test_disturbs", "test_again")}) == 1
    assert ran["test_a.py::test_again"] != ran["test_b.py::test_looks"]


def grouped(workers, *tests, up=False):
    items = [SimpleNamespace(nodeid=test, fixturenames=("lab",)) for test in tests]
    items.append(SimpleNamespace(nodeid="free.py::x", fixturenames=()))
    return selection.groups(items, {"b.py", "d.py"}, workers, up=up)


def test_of_two_workers_one_looks_and_one_disturbs():
    groups = grouped(2, "a.py::x", "b.py::x", "c.py::x", "d.py::x")
    assert groups["a.py::x"] == groups["c.py::x"] != groups["b.py::x"] == groups["d.py::x"]
    assert "free.py::x" not in groups


def test_of_three_workers_two_disturb():
    groups = grouped(3, "a.py::x", "b.py::x", "d.py::x")
    assert len(set(groups.values())) == 3


def test_on_a_lab_that_is_up_every_worker_looks_and_each_disturbs_alone():
    groups = grouped(3, "a.py::x", "b.py::x", "c.py::x", "d.py::x", up=True)
    assert set(groups) == {"b.py::x", "d.py::x"}
    assert groups["b.py::x"] != groups["d.py::x"]


def test_an_unknown_check_is_wrong_input(pytester):
    pytester.makepyfile(CHECKS)
    result = pytester.runpytest_subprocess("--check", "DS-99")
    assert result.ret == EXIT_WRONG_INPUT
    result.stderr.fnmatch_lines(["*there is no check 'DS-99'*"])


@pytest.mark.parametrize(("said", "ran"), [(b"!", 1), (b"", 0)])
def test_a_run_that_was_started_early_waits_for_its_word_and_goes_without_one(pytester, said, ran):
    pytester.makepyfile("def test_any(): ...")
    heard, word = os.pipe()
    os.write(word, said)
    os.close(word)
    found = pytester.runpytest_inprocess("-q", f"--on-word={heard}")
    os.close(heard)
    assert found.parseoutcomes().get("passed", 0) == ran


KEPT = """
from types import SimpleNamespace
import pytest
from harness.errors import CannotMeasure
from harness.suite import plugin

@pytest.fixture(autouse=True)
def found(monkeypatch):
    import os
    record = SimpleNamespace(lab="a", engine="embedded", stage="21-pilot", topology="/none", plan="", project="/none", run=os.environ["RUN"])
    lab = SimpleNamespace(name="a", record=record)
    monkeypatch.setattr(plugin, "_known", lambda item: lab)
    monkeypatch.setattr(plugin, "_subject", lambda lab: {})
    monkeypatch.setattr(plugin, "_keep_bundle", lambda *args: None)
"""


@pytest.mark.parametrize("asked_by_a_command", [False, True])
def test_the_run_of_a_lab_has_the_verdicts_unless_a_command_asked_for_them(pytester, monkeypatch, asked_by_a_command):
    monkeypatch.setenv("RUN", str(pytester.path / "run"))
    pytester.makepyfile(CHECKS + KEPT)
    read, write = os.pipe()
    os.write(write, b"!")
    pytester.runpytest_inprocess(*([f"--on-word={read}"] if asked_by_a_command else []))
    files = list((pytester.path / "run").glob("results/*-checks-*.json"))
    if asked_by_a_command:
        assert files == []
        return
    kept = json.loads(files[0].read_text())
    assert {each["check"]: each["outcome"] for each in kept["data"]["verdicts"]} == OUTCOMES
