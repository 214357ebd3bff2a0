"""A stage that is reached live, from either side, is the stage that comes up directly."""

from __future__ import annotations

import pytest

from harness.drill.as_before import left_over, remember
from harness.lab.lab import Lab
from tests.lab.conftest import desk
from tests.lab.whole_state import whole

pytestmark = pytest.mark.long

BELOW, ABOVE = "33-complete", "40-ipv6-only"
"""The step that takes something away from hosts, and so the one that is hardest to make whole."""


def come_up(own, stage):
    said = own.up("--stage", stage)
    assert said.returncode == 0, said.stderr
    lab = Lab.attach(own.lab)
    return remember(lab, lambda: whole(lab))


def taken_to(own, stage):
    said = own.v6lab("apply", "--stage", stage, "--lab", own.lab)
    assert said.returncode == 0, said.stderr
    return Lab.attach(own.lab)


def test_a_stage_reached_live_from_either_side_is_the_one_that_comes_up_directly(tmp_path_factory):
    for own in desk(tmp_path_factory.mktemp("directly") / "checkout"):
        above = come_up(own, ABOVE)
    for own in desk(tmp_path_factory.mktemp("live") / "checkout"):
        below = come_up(own, BELOW)
        for stage, directly in ((ABOVE, above), (BELOW, below)):
            lab = taken_to(own, stage)
            differs = left_over(lab, directly, take=lambda lab=lab: whole(lab))
            assert not differs, f"{stage}:\n" + "\n".join(map(str, differs))
