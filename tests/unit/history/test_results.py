"""What commands found stays in the run's directory, with what they judged by."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from harness.errors import WrongInput
from harness.history import results


@dataclass(frozen=True)
class Lab:
    run: str
    topology: str
    plan: str
    project: str
    lab: str = "pilot"
    engine: str = "embedded"
    stage: str = "31-datacentre"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    configs = tmp_path / "project" / "configs"
    (configs / "checks").mkdir(parents=True)
    for name in ("plan.yml", "targets.yml", "journeys.yml", "checks/dns.yml"):
        (configs / name).write_text(name)
    topology = tmp_path / "my.clab.yml"
    topology.write_text("name: my")
    run = tmp_path / "run"
    run.mkdir()
    return Lab(str(run), str(topology), str(configs / "plan.yml"), str(tmp_path / "project"))


def test_a_result_is_read_as_it_was_kept(lab: Lab) -> None:
    file = results.keep(lab, "drill", {"drill": "F02", "outcome": "pass"})
    (found,), damaged = results.read(Path(lab.run))
    assert (found.file, found.kind, found.lab, found.stage, found.engine) == (
        file,
        "drill",
        "pilot",
        "31-datacentre",
        "embedded",
    )
    assert found.data == {"drill": "F02", "outcome": "pass"}
    assert damaged == ()


def test_the_basis_holds_what_was_judged_by_as_it_was_then(lab: Lab) -> None:
    results.keep(lab, "drill", {})
    targets = Path(lab.project) / "configs" / "targets.yml"
    targets.write_text("another number")
    results.keep(lab, "drill", {})
    (first, second), _ = results.read(Path(lab.run))
    assert (first.basis / "targets.yml").read_text() == "targets.yml"
    assert (second.basis / "targets.yml").read_text() == "another number"
    names = {str(each.relative_to(first.basis)) for each in first.basis.rglob("*") if each.is_file()}
    assert names == {"targets.yml", "plan.yml", "journeys.yml", "checks/dns.yml", "topology.clab.yml"}


def test_the_same_basis_is_there_once(lab: Lab) -> None:
    for _ in range(3):
        results.keep(lab, "drill", {})
    found, _ = results.read(Path(lab.run))
    assert len(found) == 3
    assert len(list((Path(lab.run) / "basis").iterdir())) == 1


def test_a_lab_without_a_plan_has_its_topology_and_the_requirements(lab: Lab) -> None:
    results.keep(replace(lab, plan="", stage=""), "checks", {"verdicts": []})
    (found,), _ = results.read(Path(lab.run))
    assert (found.basis / "topology.clab.yml").is_file()
    assert not (found.basis / "plan.yml").exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        '{"format": 1, "kind"',
        "[]",
        '{"format": 2}',
        json.dumps({"format": 1, "kind": "gossip", "at": "", "basis": "", "data": {}}),
        json.dumps(
            {
                "format": 1,
                "kind": "drill",
                "at": "2026-01-01",
                "lab": "",
                "stage": "",
                "engine": "",
                "basis": "../..",
                "data": {},
            }
        ),
        json.dumps(
            {
                "format": 1,
                "kind": "drill",
                "at": "2026-01-01",
                "lab": "",
                "stage": "",
                "engine": "",
                "basis": "a",
                "data": [],
            }
        ),
    ],
)
def test_a_file_that_is_no_result_is_named_and_hides_no_other(lab: Lab, content: str) -> None:
    kept = results.keep(lab, "drill", {})
    broken = kept.with_name("20200101T000000Z-drill-1.json")
    broken.write_text(content)
    found, damaged = results.read(Path(lab.run))
    assert [each.file for each in found] == [kept]
    assert [each.file for each in damaged] == [broken]
    assert damaged[0].why


def test_where_nothing_can_be_written_that_is_said(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WrongInput, match="file"):
        results.keep(replace(lab, run=str(tmp_path / "file")), "drill", {})


@pytest.mark.parametrize(
    ("seconds", "took"),
    [(592.5, 592.5), (0, 0.0), (None, 0.0), ("long", 0.0), (float("nan"), 0.0), (1e300, 0.0), (-1, 0.0)],
)
def test_a_command_began_as_long_ago_as_it_says_that_it_took(lab: Lab, seconds: object, took: float) -> None:
    results.keep(lab, "rehearsal", {"seconds": seconds})
    (found,), _ = results.read(Path(lab.run))
    assert (datetime.fromisoformat(found.at) - datetime.fromisoformat(found.began)).total_seconds() == took
