"""A stage that is reached live, from either side, is the stage that comes up directly."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from harness.drill.as_before import left_over, remember
from harness.lab.lab import Lab
from harness.plan.load import load
from tests.lab.conftest import desk
from tests.lab.whole_state import whole

pytestmark = pytest.mark.long

PLAN = load(Path(__file__).parents[2] / "configs" / "plan.yml")


def come_up(own, stage):
    said = own.up("--stage", stage)
    assert said.returncode == 0, said.stderr
    lab = Lab.attach(own.lab)
    return remember(lab, lambda: whole(lab))


def taken_to(own, stage):
    said = own.v6lab("apply", "--stage", stage, "--lab", own.lab)
    assert said.returncode == 0, said.stderr
    return Lab.attach(own.lab)


def test_every_stage_reached_live_from_either_side_is_the_one_that_comes_up_directly(tmp_path_factory):
    stages, directly, differs = PLAN.stage_names(), {}, []
    for stage in stages:
        for own in desk(tmp_path_factory.mktemp("directly") / "checkout"):
            directly[stage] = come_up(own, stage)
    for own in desk(tmp_path_factory.mktemp("live") / "checkout"):
        come_up(own, stages[0])
        way = (*stages, *reversed(stages[:-1]))
        for before, stage in pairwise(way):
            lab = taken_to(own, stage)
            left = left_over(lab, directly[stage], take=lambda lab=lab: whole(lab))
            differs += [f"{before} → {stage}: {each}" for each in left]
    assert not differs, "\n".join(differs)
