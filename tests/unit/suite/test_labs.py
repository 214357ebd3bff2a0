from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from harness.errors import LabFailed, WrongInput
from harness.suite.labs import Choice, Labs, take_down
from harness.wait import Condition


@dataclass
class FakeLab:
    name: str

    def refresh(self):
        return {}


@pytest.fixture
def no_labs_up(tmp_path, monkeypatch):
    monkeypatch.setenv("V6LAB_STATE", str(tmp_path / "none"))


def made(asked):
    def bring_up(wanted, engine):
        asked.append(wanted.name)
        return FakeLab(wanted.name)

    return bring_up


def labs(choice, asked, broken=None):
    broken = {} if broken is None else broken
    return Labs(choice, made(asked), lambda lab: [Condition("bgp edge1", lambda: broken.get("bgp edge1"))])


def test_without_xdist_who_looks_and_who_disturbs_get_one_lab(no_labs_up):
    asked = []
    found = labs(Choice("test-1"), asked)
    assert found.get(disturbs=False) is found.get(disturbs=True)
    assert asked == ["test-1"]


def test_under_xdist_a_worker_that_disturbs_has_a_lab_of_its_own(no_labs_up):
    asked = []
    found = labs(Choice("test-1", worker="gw0"), asked)
    assert found.get(disturbs=True) is not found.get(disturbs=False)
    assert found.get(disturbs=True) is found.get(disturbs=True)
    assert asked == ["test-1-gw0-own", "test-1-gw0-shared"]


def test_a_lab_that_could_not_be_brought_up_is_not_tried_again(no_labs_up):
    asked = []

    def fail(wanted, engine):
        asked.append(wanted.name)
        raise WrongInput("no")

    found = Labs(Choice("test-1"), fail)
    for _ in range(3):
        with pytest.raises(WrongInput):
            found.get(disturbs=False)
    assert len(asked) == 1


def test_what_a_disturbing_test_leaves_broken_is_the_next_tests_error(no_labs_up):
    broken = {}
    found = labs(Choice("test-1"), [], broken)
    found.get(disturbs=True)
    found.prove_as_before("test_a", seconds=0.0)
    found.refuse_spoilt(disturbs=False)
    broken["bgp edge1"] = "not established"
    with pytest.raises(LabFailed, match="before test_b: bgp edge1: not established"):
        found.prove_as_before("test_b", seconds=0.0)
    with pytest.raises(LabFailed, match="test_b"):
        found.refuse_spoilt(disturbs=False)


def test_what_was_broken_before_is_not_laid_at_a_tests_door(no_labs_up):
    broken = {"bgp edge1": "not established"}
    found = labs(Choice("test-1"), [], broken)
    found.get(disturbs=True)
    found.prove_as_before("test_a", seconds=0.0)
    found.refuse_spoilt(disturbs=True)


def test_only_the_labs_of_the_run_are_taken_down(tmp_path, monkeypatch):
    monkeypatch.setenv("V6LAB_STATE", str(tmp_path))
    for name in ("test-1", "test-1-gw0-own", "test-12", "pilot"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "alive").touch()
    (tmp_path / "test-1-elsewhere").mkdir()  # not a lab's
    destroyed = []
    engine = SimpleNamespace(destroy=destroyed.append, leftovers=lambda name: (f"mount of {name}",))
    monkeypatch.setattr("harness.suite.labs.find_engine", lambda name: engine)
    assert take_down("test-1", None) == ("mount of test-1", "mount of test-1-gw0-own")
    assert destroyed == ["test-1", "test-1-gw0-own"]
