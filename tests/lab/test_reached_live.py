"""A stage that is reached live, from either side, is the stage that comes up directly."""

from __future__ import annotations

import pytest

from harness.drill.as_before import left_over, remember
from harness.lab.lab import Lab
from tests.lab.conftest import desk
from tests.lab.whole_state import whole

pytestmark = pytest.mark.long

STAGES = ("33-complete", "40-ipv6-only")
"""The step that takes something away from hosts, and so the one that is hardest to make whole."""


def state(lab, take=whole):
    return remember(lab, lambda: take(lab))


def test_a_stage_reached_live_from_either_side_is_the_one_that_comes_up_directly(tmp_path_factory):
    directly = {}
    for own in desk(tmp_path_factory.mktemp("directly") / "checkout"):
        for stage in STAGES:
            said = own.up("--stage", stage)
            assert said.returncode == 0, said.stderr
            directly[stage] = state(Lab.attach(own.lab))
            own.v6lab("down", own.lab)
    for own in desk(tmp_path_factory.mktemp("live") / "checkout"):
        said = own.up("--stage", STAGES[0])
        assert said.returncode == 0, said.stderr
        for stage in (*STAGES[1:], *reversed(STAGES[:-1])):
            said = own.v6lab("apply", "--stage", stage, "--lab", own.lab)
            assert said.returncode == 0, said.stderr
            lab = Lab.attach(own.lab)
            assert left_over(lab, directly[stage], take=lambda lab=lab: whole(lab)) == (), stage
