"""A running lab goes from stage to stage and back, and is on the way back what it was on the way forward."""

from __future__ import annotations

import json

import pytest

from harness.history.history import History
from harness.lab.lab import Lab
from harness.probe import snapshot
from harness.verdict import outage

FIRST, LAST = "12-prepare", "32-wan"


@pytest.fixture(scope="module")
def states(own_module):
    """What the estate was at each stage, forward and back."""
    desk = own_module
    said = desk.up("--stage", FIRST)
    assert said.returncode == 0, said.stderr
    order = [stage.name for stage in Lab.attach(desk.lab).plan.stages]
    way = order[order.index(FIRST) : order.index(LAST) + 1]
    forward, back = {FIRST: seen(desk)}, {}
    for stage in way[1:]:
        forward[stage] = step(desk, stage)
    for stage in way[-2::-1]:
        back[stage] = step(desk, stage)
    return forward, back


def step(desk, stage):
    said = desk.v6lab("apply", "--lab", desk.lab, "--stage", stage)
    assert said.returncode == 0, said.stderr
    status = json.loads(desk.v6lab("status", "--lab", desk.lab, "--json").stdout)
    assert (status["stage"], status["state"]) == (stage, "at")
    return seen(desk)


def seen(desk):
    return snapshot.take(History(), Lab.attach(desk.lab).nodes.values())


@pytest.mark.parametrize("stage", ["12-prepare", "21-pilot", "31-datacentre"])
def test_a_stage_that_is_gone_back_to_is_what_it_was_on_the_way_forward(states, stage):
    forward, back = states
    findings = outage.restored(forward[stage], back[stage], snapshot.UNANSWERED)
    assert not findings, "\n".join(map(str, findings))


def test_each_stage_is_another_network(states):
    forward, _ = states
    assert len({str(sorted((key, sorted(lines)) for key, lines in each.items())) for each in forward.values()}) == len(
        forward
    )
