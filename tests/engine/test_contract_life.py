"""What every engine does to a node that is stopped and started."""

from __future__ import annotations

import pytest
from contract_labs import ADDRESSES
from traces import carrier, comes_true, holds, reaches

from harness.engine.base import Engine
from harness.errors import CannotMeasure, LabFailed

TICKING = "while :; do date +%N > /srv/tick; sleep 0.01; done >/dev/null 2>&1 </dev/null &"


def test_a_killed_node_takes_its_neighbours_carrier_and_a_start_brings_it_back(engine: Engine, up: str) -> None:
    engine.push(up, "right", {"/srv/kept": b"kept"})
    engine.stop(up, "right")
    comes_true("the carrier goes", lambda: not carrier(engine, up, "left"))
    assert (engine.nodes(up)["right"].state, engine.nodes(up)["right"].pid) == ("stopped", None)
    with pytest.raises(CannotMeasure):
        engine.exec(up, "right", ["true"])
    engine.stop(up, "right")  # a second stop is no error

    engine.start(up, "right")
    assert engine.nodes(up)["right"].state == "running"
    comes_true("the carrier comes", lambda: carrier(engine, up, "left"))
    for address in ADDRESSES["right"]:
        comes_true(f"{address} answers", lambda address=address: reaches(engine, up, "left", address))
    assert engine.exec(up, "right", ["cat", "/sys/class/net/eth1/mtu", "/srv/kept"]).out == "1500\nkept"
    engine.start(up, "right")  # a second start is no error


def test_a_frozen_node_runs_nothing_and_its_kernel_still_answers(engine: Engine, up: str) -> None:
    engine.exec(up, "right", ["sh", "-c", TICKING])
    tick = engine.nodes(up)["right"].root / "srv/tick"
    comes_true("the clock ticks", tick.exists)

    engine.stop(up, "right", "freeze")
    assert engine.nodes(up)["right"].state == "frozen"
    stood = tick.read_text()
    holds("nothing runs in a frozen node", lambda: tick.read_text() == stood)
    assert carrier(engine, up, "left")
    for address in ADDRESSES["right"]:
        assert reaches(engine, up, "left", address)
    with pytest.raises(CannotMeasure):
        engine.exec(up, "right", ["true"])

    engine.start(up, "right")
    comes_true("the clock ticks again", lambda: tick.read_text() not in ("", stood))
    assert engine.nodes(up)["right"].state == "running"
    assert engine.exec(up, "right", ["true"]).code == 0


def test_a_frozen_node_can_be_killed(engine: Engine, up: str) -> None:
    engine.stop(up, "right", "freeze")
    engine.stop(up, "right", "kill")
    assert engine.nodes(up)["right"].state == "stopped"


def test_a_lab_with_a_frozen_node_can_be_destroyed(engine: Engine, up: str) -> None:
    engine.stop(up, "right", "freeze")
    engine.destroy(up)
    assert engine.leftovers(up) == ()


def test_a_node_whose_first_process_ends_is_stopped_and_can_be_started(engine: Engine, up: str) -> None:
    engine.exec(up, "right", ["sh", "-c", "kill -9 $(pgrep -P 1)"])
    comes_true("right is stopped", lambda: engine.nodes(up)["right"].state == "stopped")
    with pytest.raises(LabFailed):
        engine.stop(up, "right", "freeze")
    engine.start(up, "right")
    comes_true("right answers", lambda: reaches(engine, up, "left", ADDRESSES["right"][0]))
