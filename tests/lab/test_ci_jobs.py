"""The CI jobs that are ready to copy, played as far as can be without the service: their own commands, on commits."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from harness.lab import record
from tests.lab.conftest import ROOT, clone, git

pytestmark = pytest.mark.long

TEMPLATE = "configs/stages/00-baseline/roles/firewall/etc/nftables.conf.j2"
MUST_PASS = "icmpv6 type { destination-unreachable, packet-too-big, "
JOBS = Path("docs/ci")


@dataclass(frozen=True)
class Job:
    """What a service would run, in order, with its own variables for the change."""

    commands: tuple[str, ...]
    variables: dict[str, str]


def github(base, summary):
    """The steps of the workflow that run something."""
    workflow = yaml.safe_load((ROOT / JOBS / "github-actions.yml").read_text())
    steps = [each for each in workflow["jobs"]["gate"]["steps"] if "run" in each]
    assert workflow[True]["pull_request"]["paths"] == ["configs/**", "topologies/**"]  # YAML reads the key `on` so
    assert steps[0]["env"] == {"TARGET": "${{ github.event.pull_request.base.sha }}"}
    return Job(tuple(each["run"] for each in steps), {"TARGET": base, "GITHUB_STEP_SUMMARY": str(summary)})


def gitlab(base, summary):
    """The job's script and what comes after it, whatever became of it."""
    job = yaml.safe_load((ROOT / JOBS / "gitlab-ci.yml").read_text())["gate"]
    assert job["artifacts"]["reports"]["junit"] == "v6lab-out/junit.xml"
    return Job((*job["script"], *job["after_script"]), {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base})


class Repository:
    """A clone of this project with a change to come."""

    def __init__(self, directory):
        self.directory = clone(directory)
        self.base = self.git("rev-parse", "HEAD")

    def git(self, *argv):
        return git(self.directory, *argv)

    def commit(self, old, new):
        file = self.directory / TEMPLATE
        text = file.read_text()
        assert text.count(old) == 1
        file.write_text(text.replace(old, new))
        self.git("commit", "-qam", "change")

    def play(self, job):
        """Run a job's commands; gives the first one's exit status, which is the job's."""
        environment = {**os.environ, **job.variables}
        done = [
            subprocess.run(("bash", "-eo", "pipefail", "-c", each), cwd=self.directory, env=environment, check=False)
            for each in job.commands
        ]
        return done[0].returncode


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "a clone")


def results(repository):
    out = repository.directory / "v6lab-out"
    assert "<svg" in (out / "report.html").read_text()
    report = json.loads((out / "gate.json").read_text())
    cases = ElementTree.parse(out / "junit.xml").getroot().iter("testcase")
    return (
        report,
        {each.get("name"): each.find("failure") is not None for each in cases},
        (out / "summary.md").read_text(),
    )


def test_both_services_run_the_same_gate(tmp_path):
    first = {each: make("BASE", tmp_path).commands[0] for each, make in (("github", github), ("gitlab", gitlab))}
    assert {command.replace("CI_MERGE_REQUEST_DIFF_BASE_SHA", "TARGET") for command in first.values()} == {
        first["github"]
    }


def test_a_good_change_passes_the_job(repository, tmp_path):
    repository.commit(
        MUST_PASS,
        MUST_PASS.replace("destination-unreachable, packet-too-big", "packet-too-big, destination-unreachable"),
    )
    summary = tmp_path / "shown"
    assert repository.play(github(repository.base, summary)) == 0
    report, cases, said = results(repository)
    assert (report["outcome"], report["red"]) == ("pass", [])
    assert cases
    assert not any(cases.values())
    assert "may go into production" in said
    assert summary.read_text() == said
    assert not [each for each in record.names() if each.startswith("verify-")]


def test_a_bad_change_stops_the_job_and_its_first_cause_is_shown(repository, tmp_path):
    repository.commit(MUST_PASS, MUST_PASS.replace("packet-too-big, ", ""))
    assert repository.play(gitlab(repository.base, tmp_path)) == 1
    report, cases, said = results(repository)
    assert "SEC-03" in report["red"]
    assert any(cases.values())
    assert "must not go into production" in said
    assert TEMPLATE in said


def test_a_change_without_a_common_commit_is_refused_with_what_to_do(repository):
    repository.git("checkout", "-q", "--orphan", "alone")
    repository.git("commit", "-qm", "alone")
    said = subprocess.run(
        (".ci/gate", repository.base, "out"), cwd=repository.directory, capture_output=True, text=True
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert "fetch the whole history" in said.stderr
