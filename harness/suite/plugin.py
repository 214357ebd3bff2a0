"""The pytest plugin: checks by id, a lab to run them on, outcomes that tell *fail* from *error*, and verdicts."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError, MissingCapability, WrongInput

if TYPE_CHECKING:
    from harness.history.history import History
    from harness.lab.lab import Lab
    from harness.plan.model import Plan
    from harness.verdict.verdict import Finding

MARK = "check"
RECORDER = pytest.StashKey["Recorder"]()
SAID = pytest.StashKey[dict[str, Any]]()


class Judged(AssertionError):
    """A judge said fail."""


class Recorder:
    """Collects the verdicts of a run."""

    def __init__(self) -> None:
        self.verdicts: list[Any] = []
        self.subject: dict[str, str] = {}
        self.stage = ""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the suite."""
    group = parser.getgroup("v6lab")
    group.addoption(
        "--lab", metavar="NAME", help="run on this lab, which is up; else on the only one, else on an own one"
    )
    group.addoption("--stage", metavar="STAGE", help="the stage of an own lab")
    group.addoption("--engine", metavar="NAME", help="the engine of an own lab")
    group.addoption("--check", metavar="ID,…", help="only these checks")
    group.addoption("--verdicts", metavar="FILE", type=Path, help="write the verdicts there as a JSON list")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", f"{MARK}(id): the requirement of configs/checks that a test measures")
    config.stash[RECORDER] = Recorder()


def _ids(item: pytest.Item) -> list[str]:
    return [mark.args[0] for mark in item.iter_markers(MARK)]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep only the checks that were asked for, and only those of the stage."""
    wanted = [each.strip() for each in (config.getoption("--check") or "").split(",") if each.strip()]
    known = {each for item in items for each in _ids(item)}
    if unknown := [each for each in wanted if each not in known]:
        raise pytest.UsageError(f"--check: there is no check {unknown[0]!r}; checks: " + ", ".join(sorted(known)))
    checks, stage = _catalogue_and_stage(config) if known else ({}, "")
    config.stash[RECORDER].stage = stage
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        ids = _ids(item)
        asked = not wanted or any(each in wanted for each in ids)
        due = not ids or any(stage in checks[each].stages for each in ids if each in checks)
        (kept if asked and due else dropped).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def _catalogue_and_stage(config: pytest.Config) -> tuple[dict[str, Any], str]:
    from harness.lab.project import DEFAULT_STAGE, Project
    from harness.plan import load as plans
    from harness.suite import catalogue

    project = Project.find()
    plan = plans.load(project.plan_file)
    stage = config.getoption("--stage") or _running_stage(config) or DEFAULT_STAGE
    if stage not in plan.stage_names():
        raise pytest.UsageError(f"--stage: there is no stage {stage!r}; stages: " + ", ".join(plan.stage_names()))
    return catalogue.read(project.root / "configs" / "checks", plan.stage_names()), stage


def _running_stage(config: pytest.Config) -> str | None:
    name = _running(config)
    if not name:
        return None
    from harness.lab import record

    try:
        return record.read(name).stage
    except HarnessError as error:
        raise pytest.UsageError(str(error)) from error


def _running(config: pytest.Config) -> str | None:
    """The lab to run on: the one named, or the only one that is up, unless a stage or an engine asks for an own one."""
    from harness.lab import record

    if name := config.getoption("--lab"):
        return str(name)
    if config.getoption("--stage") or config.getoption("--engine"):
        return None
    labs = [name for name in record.names() if (record.directory() / name / record.FILE).exists()]
    return labs[0] if len(labs) == 1 else None


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The lab under test: one that is up, else one of this run's own, taken down afterwards."""
    from harness.lab.lab import Lab as Handle

    name = _running(request.config)
    if name:
        found = Handle.attach(name)
        _remember(request.config, found)
        yield found
        return
    yield from _own_lab(request)


def _own_lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    from harness.lab.engines import engine as find_engine
    from harness.lab.project import DEFAULT_STAGE, Project
    from harness.lab.up import Told, Wanted, down, up

    project = Project.find()
    config = request.config
    engine = find_engine(config.getoption("--engine"))
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    name = f"test-{os.getpid()}{worker}"
    stage = config.getoption("--stage") or DEFAULT_STAGE
    quiet = Told(lambda text: None, lambda met, left: None)
    try:
        made = up(Wanted(project, project.topology_file, stage, name), engine, quiet)
        _remember(config, made)
        yield made
    finally:
        down(engine, name)


def _remember(config: pytest.Config, found: Lab) -> None:
    import hashlib

    topology = hashlib.sha256(Path(found.record.topology).read_bytes()).hexdigest()
    image = next(iter(found.topology.nodes.values())).image
    config.stash[RECORDER].subject = {"topology": topology, "configuration": found.record.digest, "image": image}


@pytest.fixture(scope="session")
def history(lab: Lab) -> Iterator[History]:
    """The history of this run, in the run's directory."""
    from harness.history.run import RunDirectory

    worker = os.environ.get("PYTEST_XDIST_WORKER", "") or f"checks-{os.getpid()}"
    with RunDirectory(Path(lab.record.run)).history(worker) as found:
        yield found


@pytest.fixture(scope="session")
def plan(lab: Lab) -> Plan:
    """The plan of the lab under test."""
    if lab.plan is None:
        raise WrongInput("this check needs a plan", where=lab.record.topology)
    return lab.plan


@pytest.fixture(scope="session")
def targets() -> dict[str, float]:
    """The thresholds."""
    from harness.lab.project import Project
    from harness.suite import catalogue

    return catalogue.targets(Project.find().root / "configs" / "targets.yml")


@pytest.fixture
def judged(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Hand a judge's findings over: none is a pass, any is a failure that lists them all."""

    def hand_over(findings: tuple[Finding, ...], evidence: tuple[str, ...] = (), where: str = "") -> None:
        said = request.node.stash.setdefault(SAID, {})
        said.update(findings=[str(each) for each in findings], evidence=list(evidence), where=where)
        if findings:
            raise Judged("\n".join(str(each) for each in findings))

    return hand_over


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """In a check only a judge says fail and only a named lack says skip: all else that goes wrong is an error."""
    report = yield
    if not _ids(item) or call.when == "teardown":
        return report
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, MissingCapability):
        report.outcome = "skipped"
        report.longrepr = (str(item.path), item.location[1] or 0, f"Skipped: {error}")
    elif error is not None and not isinstance(error, (Judged, pytest.skip.Exception)) and call.when == "call":
        report.when = "setup"  # what pytest, and JUnit, call an error
    if call.when == "call" or report.outcome != "passed":
        _add_verdicts(item, report, error)
    return report


def _add_verdicts(item: pytest.Item, report: Any, error: BaseException | None) -> None:
    from harness.verdict.verdict import Outcome, Verdict

    outcome: Outcome = "pass"
    if isinstance(error, Judged):
        outcome = "fail"
    elif report.outcome == "skipped":
        outcome = "skip"
    elif error is not None:
        outcome = "error"
    said = item.stash.get(SAID, {})
    findings = said.get("findings") or ([str(error)] if error and outcome != "fail" else [])
    recorder = item.config.stash[RECORDER]
    for check in _ids(item):
        where = said.get("where") or item.name
        evidence = tuple(said.get("evidence", ()))
        recorder.verdicts.append(
            Verdict(check, recorder.stage, where, outcome, tuple(findings), evidence, report.duration, recorder.subject)
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the verdicts."""
    file = session.config.getoption("--verdicts")
    if file:
        found = [each.as_data() for each in session.config.stash[RECORDER].verdicts]
        file.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
