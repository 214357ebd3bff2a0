from pathlib import Path

import pytest

from harness.errors import WrongInput
from harness.lab.walk import path, takes_away
from harness.plan.load import load

PLAN = load(Path(__file__).parents[3] / "configs" / "plan.yml")


def test_a_way_forward_goes_by_every_stage_between():
    assert path(PLAN, "12-prepare", "32-wan") == (
        ("12-prepare", "21-pilot"),
        ("21-pilot", "31-datacentre"),
        ("31-datacentre", "32-wan"),
    )


def test_the_way_back_is_the_way_forward_reversed():
    forward = path(PLAN, "00-baseline", "40-ipv6-only")
    assert path(PLAN, "40-ipv6-only", "00-baseline") == tuple((new, old) for old, new in reversed(forward))


def test_there_is_no_way_to_where_one_is():
    assert path(PLAN, "31-datacentre", "31-datacentre") == ()


def test_a_stage_that_is_none_is_named_with_those_that_are():
    with pytest.raises(WrongInput, match=r"(?s)no stage '99-done'.*40-ipv6-only"):
        path(PLAN, "31-datacentre", "99-done")


def test_the_step_that_takes_ipv4_away_goes_in_the_order_of_a_way_back_and_brings_it_in_that_of_a_way_forward():
    steps = path(PLAN, "00-baseline", "40-ipv6-only")
    assert [new for old, new in steps if takes_away(PLAN, old, new)] == ["40-ipv6-only"]
    assert [old for new, old in steps if not takes_away(PLAN, old, new)] == ["40-ipv6-only"]
