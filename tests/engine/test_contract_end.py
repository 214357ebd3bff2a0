"""What every engine leaves behind: nothing, whatever happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import contract_labs
import pytest
from contract_labs import node, pair, topology
from traces import comes_true, traces

from harness.engine.base import Engine
from harness.errors import LabFailed
from harness.topology.model import NodeSpec

KILLS = 8
INTERRUPTIONS = 3


def calling(engine: Engine, lab: str, directory: Path) -> subprocess.Popen[bytes]:
    """Another process that brings the pair up and ends; what it says is in ``said``."""
    argv = ["env", "--default-signal=INT", sys.executable, contract_labs.__file__, engine.name, lab, str(directory)]
    with said(lab, directory).open("wb") as out:
        return subprocess.Popen(argv, stdout=out, stderr=out)


def said(lab: str, directory: Path) -> Path:
    return directory / f"{lab}.said"


def begins(engine: Engine, lab: str, directory: Path, caller: subprocess.Popen[bytes]) -> None:
    """Wait until there is something of the lab; fails with what the caller said."""

    def begun() -> object:
        return engine.leftovers(lab) or caller.poll() is not None

    try:
        comes_true("the deployment begins", begun, 20)
        assert not caller.returncode
    except AssertionError as error:
        caller.kill()  # else it would bring the lab up when nobody is there any more to take it down
        caller.wait()
        raise AssertionError(f"{error}\n{said(lab, directory).read_text()}") from error


def test_a_destroyed_lab_leaves_nothing_and_can_be_destroyed_again(engine: Engine, up: str) -> None:
    assert engine.leftovers(up)
    assert traces(up)
    engine.destroy(up)
    assert engine.leftovers(up) == ()
    assert traces(up) == []
    engine.destroy(up)


def test_a_lab_that_was_destroyed_can_be_deployed_again(engine: Engine, up: str, tmp_path: Path) -> None:
    engine.destroy(up)
    engine.deploy(up, pair(up, tmp_path), lambda line: None)
    assert engine.nodes(up)["left"].state == "running"


def test_a_lab_outlives_the_process_that_made_it(engine: Engine, lab: str, tmp_path: Path) -> None:
    assert calling(engine, lab, tmp_path).wait(60) == 0
    assert engine.exec(lab, "left", ["true"]).code == 0


def test_a_deployment_killed_at_any_moment_leaves_nothing_after_destroy(
    engine: Engine, new_lab: Callable[[], str], tmp_path: Path
) -> None:
    started = time.monotonic()
    assert calling(engine, new_lab(), tmp_path).wait(60) == 0
    whole = time.monotonic() - started
    for moment in (random.uniform(0.1, 1.1) * whole for _ in range(KILLS)):
        lab = new_lab()
        caller = calling(engine, lab, tmp_path)
        try:
            caller.wait(moment)
        except subprocess.TimeoutExpired:
            os.kill(caller.pid, signal.SIGKILL)
        caller.wait()
        engine.destroy(lab)
        assert (engine.leftovers(lab), traces(lab)) == ((), []), f"killed {moment:.3f} s of {whole:.3f} s in"


def test_a_deployment_that_is_interrupted_leaves_nothing(engine: Engine, lab: str, tmp_path: Path) -> None:
    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.deploy(lab, pair(lab, tmp_path), interrupt)
    assert (engine.leftovers(lab), traces(lab)) == ((), [])


def test_a_signal_that_interrupts_a_deployment_takes_the_lab_away(
    engine: Engine, new_lab: Callable[[], str], tmp_path: Path
) -> None:
    for _ in range(INTERRUPTIONS):
        lab = new_lab()
        caller = calling(engine, lab, tmp_path)
        begins(engine, lab, tmp_path, caller)
        caller.send_signal(signal.SIGINT)
        if caller.wait(60) == 0:  # it was ready first
            engine.destroy(lab)
        assert (engine.leftovers(lab), traces(lab)) == ((), [])


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (node("bad", cmd=("sh", "-c", "echo the disk is on fire; exit 3")), "the disk is on fire"),
        (node("bad", entrypoint=("/no/such/program",), cmd=()), "/no/such/program"),
    ],
    ids=["ends", "cannot be executed"],
)
def test_a_node_that_dies_at_start_shows_its_log_and_leaves_nothing(
    engine: Engine, lab: str, tmp_path: Path, bad: NodeSpec, said: str
) -> None:
    with pytest.raises(LabFailed, match="bad") as failed:
        engine.deploy(lab, topology(lab, tmp_path, node("good"), bad), lambda line: None)
    assert said in str(failed.value)
    assert (engine.leftovers(lab), traces(lab)) == ((), [])


def test_a_destroy_ends_a_deployment_that_another_process_is_making(engine: Engine, lab: str, tmp_path: Path) -> None:
    caller = calling(engine, lab, tmp_path)
    begins(engine, lab, tmp_path, caller)
    engine.destroy(lab)
    caller.wait(60)
    engine.destroy(lab)  # whichever was first
    assert (engine.leftovers(lab), traces(lab)) == ((), [])
