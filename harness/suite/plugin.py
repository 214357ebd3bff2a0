"""The pytest plugin: options, markers, hooks and fixtures; what they do is in this package's other modules."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError, WrongInput
from harness.suite import outcomes, selection
from harness.suite.options import pytest_addoption
from harness.suite.selection import CHECK, DISTURBS, WAITS

if TYPE_CHECKING:
    from harness.history.history import History
    from harness.lab.lab import Lab
    from harness.plan.model import Plan
    from harness.suite.bundle import Bundles
    from harness.suite.labs import Choice, Labs

__all__ = ["pytest_addoption"]

RUN = pytest.StashKey["Run"]()
WORKER_RUN, WORKER_GROUPS = "v6lab_run", "v6lab_groups"
"""What the controller tells its xdist workers: the name of the run, and the file for the groups of tests."""


class Run:
    """What this process knows of the run. In the controller of an xdist run no test runs, but all verdicts arrive."""

    def __init__(self, name: str, worker: str) -> None:
        self.name, self.worker = name, worker
        self.stage = ""
        self.groups = Path()
        self.disturbing: frozenset[str] = frozenset()
        self.verdicts: list[dict[str, Any]] = []
        self.judged: dict[str, tuple[Lab, list[dict[str, Any]]]] = {}
        self.labs: Labs | None = None
        self.bundles: Bundles | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect the verdicts, from whichever process they come."""
        self.verdicts += getattr(report, outcomes.VERDICTS, [])


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """An option that names nothing that there is ends the run here, with the command line's own exit code."""
    options = ("lab", "stage", "engine", "check", "verdicts")
    given = {name: config.getoption(f"--{name}") for name in options}
    if all(value is None for value in given.values()):
        return None
    from harness.suite import asked

    try:
        asked.require(**given)
    except HarnessError as error:
        sys.stderr.write(f"v6lab: {error}\n")
        return error.exit_code
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, name the run; being told to end (SIGTERM) is Ctrl-C, so that checks mend what they broke."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    config.addinivalue_line("markers", f"{CHECK}(id): the requirement of configs/checks that a test measures")
    config.addinivalue_line("markers", f"{DISTURBS}: the test changes the lab, and leaves it as it was")
    config.addinivalue_line("markers", f"{WAITS}: the test mostly waits, for seconds: begun first beside others")
    given = getattr(config, "workerinput", {})
    config.stash[RUN] = Run(given.get(WORKER_RUN) or f"test-{os.getpid()}", given.get("workerid", ""))
    config.pluginmanager.register(config.stash[RUN])
    config.stash[RUN].groups = Path(given.get(WORKER_GROUPS) or f"{tempfile.gettempdir()}/v6lab-groups-{os.getpid()}")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """An xdist worker's labs are named after the controller's run, so that the controller can take them down."""
    node.workerinput[WORKER_RUN] = node.config.stash[RUN].name
    node.workerinput[WORKER_GROUPS] = str(node.config.stash[RUN].groups)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Distribute by the suite's groups, unless another distribution was asked for."""
    from harness.suite.workers import DISTRIBUTIONS, GroupScheduling

    if config.getoption("dist") not in DISTRIBUTIONS:
        return None
    return GroupScheduling(config, log, config.stash[RUN].groups)


def _choice(config: pytest.Config) -> Choice:
    from harness.suite.labs import Choice

    run, option = config.stash[RUN], config.getoption
    return Choice(run.name, run.worker, option("--lab"), option("--stage"), option("--engine"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what was asked for and is due at the stage; put what disturbs last and, under xdist, into groups."""
    run = config.stash[RUN]
    asked = selection.wanted(config.getoption("--check"), items)
    checks: dict[str, Any] = {}
    if any(map(selection.ids, items)):
        from harness.suite.asked import catalogue_and_stage

        checks, run.stage = catalogue_and_stage(_choice(config))
    kept = [item for item in items if selection.is_due(item, asked, checks, run.stage)]
    if dropped := list(set(items) - set(kept)):
        config.hook.pytest_deselected(items=dropped)
    run.disturbing = selection.disturbing_modules(kept)
    items[:] = selection.disturbing_last(kept, run.disturbing)
    if run.worker:
        from harness.suite import labs
        from harness.suite.workers import write_groups

        workers, up = config.workerinput["workercount"], labs.running(_choice(config)) is not None  # type: ignore[attr-defined]
        write_groups(run.groups, selection.groups(items, run.disturbing, workers, up=up))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """A run that was started early waits here; when whoever started it has gone, there is nothing to do."""
    word, processes = session.config.getoption("--on-word"), session.config.getoption("--processes")
    if processes:
        import scapy.layers.inet6  # noqa: F401 - half a second, which each process would pay
    if word is not None and not os.read(word, 1):
        pytest.exit("nobody asked", returncode=2)
    if not processes or session.config.option.collectonly:
        return None
    from harness.suite import forks, labs

    with suppress(HarnessError):  # the tests that want a lab say it
        if labs.running(_choice(session.config)):
            _labs(session.config).get(disturbs=False)  # attached once
    forks.run(session, processes)
    return True


def _labs(config: pytest.Config) -> Labs:
    from harness.suite.labs import Labs as Found

    run = config.stash[RUN]
    if run.labs is None:
        run.labs = Found(_choice(config))
    return run.labs


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest) -> Lab:
    """The lab under test: one that is up, else one of this run's own, taken down at the run's end."""
    run = request.config.stash[RUN]
    return _labs(request.config).get(disturbs=request.node.nodeid in run.disturbing)


@pytest.fixture(scope="module")
def history(lab: Lab, request: pytest.FixtureRequest) -> History:
    """The history of this run, in the run's directory."""
    return _labs(request.config).history(lab)


@pytest.fixture(scope="module")
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
    said = request.node.stash.setdefault(outcomes.SAID, outcomes.Said())
    return said.hand_over  # type: ignore[no-any-return]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """On a lab that a test before has spoilt nothing is measured: an error, with that cause."""
    run = item.config.stash[RUN]
    if run.labs and selection.uses_lab(item):
        run.labs.refuse_spoilt(disturbs=selection.module_of(item) in run.disturbing)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """After a test that disturbs the lab must be as it was."""
    yield
    run = item.config.stash[RUN]
    if run.labs and item.get_closest_marker(DISTURBS):
        run.labs.prove_as_before(item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """A check's report has the suite's outcome, its verdicts and, if it is red, where the support bundle lies."""
    report = yield
    if not selection.ids(item):
        return report
    error = call.excinfo.value if call.excinfo else None
    if call.when != "teardown":
        outcomes.settle(item, call, report)
        if call.when == "call" or report.outcome != "passed":
            outcomes.add_verdicts(item, report, error, item.config.stash[RUN].stage, _subject(_known(item)))
            _remember(item, report)
    if report.outcome == "failed":
        _keep_bundle(item, report, error, time.monotonic() - (time.time() - call.start))
    return report


def _known(item: pytest.Item) -> Lab | None:
    run = item.config.stash[RUN]
    return run.labs.known(disturbs=selection.module_of(item) in run.disturbing) if run.labs else None


def _remember(item: pytest.Item, report: Any) -> None:
    """The verdicts of each lab, for its run."""
    if found := _known(item):
        _, verdicts = item.config.stash[RUN].judged.setdefault(found.name, (found, []))
        verdicts += getattr(report, outcomes.VERDICTS)


def _keep_bundle(item: pytest.Item, report: Any, error: BaseException | None, began: float) -> None:
    """What cannot be kept must not change what the check has found."""
    from harness.suite.bundle import Bundles, Failure

    run, found = item.config.stash[RUN], _known(item)
    if not (run.labs and found):
        return
    run.bundles = run.bundles or Bundles(run.name)
    said = item.stash.get(outcomes.SAID, outcomes.Said())
    run.labs.history(found).silences.hurry()
    failure = Failure(item.nodeid, began, said.findings or [str(error)], said.evidence)
    try:
        kept = str(run.bundles.keep(found, run.labs.history(found), failure))
    except (HarnessError, OSError) as trouble:
        kept = f"could not be kept: {trouble}"
    report.sections.append(("support bundle", kept))
    report.user_properties.append(("bundle", kept))


def _subject(found: Lab | None) -> dict[str, str]:
    from harness.suite import labs

    return labs.subject(found) if found else {}


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the verdicts and take the run's labs down. Under xdist the controller does it, after its workers ended; what
    a lab was judged to be is kept in its run by the process that judged it."""
    run = session.config.stash[RUN]
    if session.config.getoption("--on-word") is None:  # else whoever asked for the checks keeps what they said
        _keep_results(run)
    if run.labs:
        run.labs.close()
    if run.worker:
        return
    run.groups.unlink(missing_ok=True)
    if file := session.config.getoption("--verdicts"):
        outcomes.write(file, run.verdicts)
    if run.labs or session.config.getoption("numprocesses", None):
        _take_down(session.config, run)


def _keep_results(run: Run) -> None:
    """What cannot be kept must not change what the checks have found."""
    from harness.history import results

    for lab, verdicts in run.judged.values():
        try:
            results.keep(lab.record, "checks", {"session": run.name, "verdicts": verdicts})
        except HarnessError as error:
            sys.stderr.write(f"v6lab: the verdicts are not in the run: {error}\n")


def _take_down(config: pytest.Config, run: Run) -> None:
    from harness.suite import labs

    try:
        left = labs.take_down(run.name, config.getoption("--engine"))
    except HarnessError as error:
        left = (str(error),)
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    for line in left:
        reporter.write_line(f"v6lab: left behind by this run: {line}", red=True)
