from harness.verdict import visit as judge
from harness.verdict.visit import Step


def test_a_visit_whose_steps_all_get_their_status_is_fine():
    assert not judge.went_through("pc", [(Step("log in", 200), 200), (Step("file", 201), 201)])


def test_the_first_step_that_fails_is_told_and_no_other():
    found = judge.went_through("pc", [(Step("log in", 200), 200), (Step("list", 401), 200), (Step("file", 500), 201)])
    assert [str(each) for each in found] == ["pc: list: 401 (expected 200)"]


def test_a_step_without_an_answer_says_what_came_instead():
    assert judge.went_through("pc", [(Step("file", None, "silence", "e:1"), 201)])[0].what == "silence"


def test_a_receipt_that_says_what_was_done_is_fine_and_each_difference_is_found():
    wanted = {"size": 5, "account": "an", "address": "3fff::1"}
    assert not judge.says("pc", wanted | {"number": 7}, wanted)
    found = judge.says("pc", {"size": 5, "account": None, "address": "3fff::"}, wanted)
    assert [each.what for each in found] == ["account is None", "address is 3fff::"]
    assert judge.says("pc", {}, {"size": 5})[0].what == "size is nothing"


def test_an_application_that_its_owner_does_not_find_again_is_told():
    assert not judge.found_again("pc", [3, 7], 7)
    assert judge.found_again("pc", [3], 7)[0].what == "1 applications, and not this one"
