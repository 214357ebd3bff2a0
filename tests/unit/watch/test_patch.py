"""Merge patches: what a page has after the whole and all patches is what the state is."""

from __future__ import annotations

from harness.watch.patch import difference, merged
from harness.watch.seen import Gone
from harness.watch.state import as_data
from tests.unit.watch.told import FAULT, UP, event, state_after


def test_equal_states_have_no_difference():
    assert difference(as_data(state_after(*UP)), as_data(state_after(*UP))) == {}


def test_a_member_that_is_gone_is_null_and_one_that_is_new_is_whole():
    assert difference({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"c": 2}, "e": {"f": 4}}) == {"a": None, "b": {"d": None}, "e": {"f": 4}}  # fmt: skip


def test_a_list_is_sent_whole():
    assert difference({"a": [1, 2]}, {"a": [1]}) == {"a": [1]}


def test_an_empty_object_in_place_of_a_full_one_empties_it():
    patch = difference({"drill": {"id": "F02"}}, {"drill": {}})
    assert merged({"drill": {"id": "F02"}}, patch) == {"drill": {}}


def test_all_patches_in_turn_lead_to_the_whole_state():
    story = (*UP, event("fault.applied", 2.0, fault=FAULT), event("fault.lifted", 3.0, fault=FAULT), Gone(4.0, ""), *UP)
    page = as_data(state_after())
    for number in range(len(story)):
        old, new = (as_data(state_after(*story[:each])) for each in (number, number + 1))
        page = merged(page, difference(old, new))
        assert page == new


def test_no_state_holds_a_null_for_in_a_patch_it_would_mean_gone():
    def nulls(value):
        if isinstance(value, dict):
            return any(map(nulls, value.values()))
        return any(map(nulls, value)) if isinstance(value, list) else value is None

    assert not nulls(as_data(state_after(*UP, event("fault.applied", 2.0, fault=FAULT))))
