from harness.verdict.migration import Advertised, Look, Spoken, fenced_first, made_twice, silent_first, taken_back
from harness.verdict.verdict import Finding

KEY = ("edge1", "3fff:100::2")
RULES = frozenset({"drop nd-router-advert", "policy drop"})
FLAP = Finding("edge1 session with 198.51.100.2 (IPv4)", "was reset")


def look(at, *, session=None, rules=RULES, before="paths"):
    return Look(at, before, {KEY: session} if session else {}, {"stttt-sw": rules, "stttt-gw": rules})


def test_a_session_that_stood_before_it_spoke_is_as_it_must_be():
    looks = [look(1), look(2, session=Spoken(True, 0)), look(3, session=Spoken(True, 1))]
    assert silent_first(looks, [KEY]) == ()


def test_a_session_that_spoke_at_once_or_never_is_found():
    (at_once,) = silent_first([look(1), look(2, session=Spoken(True, 1), before="services")], [KEY])
    assert "had sent 1 prefixes" in at_once.what
    (never,) = silent_first([look(1, session=Spoken(True, 0)), look(2, session=Spoken(True, 0))], [KEY])
    assert "announces nothing" in never.what
    (down,) = silent_first([look(1, session=Spoken(False, 0))], [KEY])
    assert "not established" in down.what


def test_an_advertisement_behind_its_fences_is_as_it_must_be():
    looks = [look(1, rules=frozenset()), look(2), look(9)]
    assert fenced_first(looks, [Advertised("stttt lan", 5.0, ("stttt-sw", "stttt-gw"))]) == ()


def test_an_advertisement_before_a_filter_is_found_with_the_filter():
    looks = [look(1, rules=frozenset({"policy drop"})), look(6), look(9)]
    found = fenced_first(looks, [Advertised("stttt lan", 5.0, ("stttt-sw",))])
    assert [each.where for each in found] == ["stttt lan: stttt-sw"]
    assert "nd-router-advert" in found[0].what
    assert len(fenced_first(looks, [Advertised("stttt lan", 0.5, ("stttt-sw", "stttt-gw"))])) == 2


def test_a_lan_without_any_advertisement_is_no_pass():
    assert fenced_first([look(1)], [Advertised("stttt lan", None, ("stttt-sw",))])


def test_a_second_run_that_changes_a_file_or_resets_a_session_is_found():
    assert made_twice([], [], []) == ()
    assert len(made_twice(["edge1:etc/frr/frr.conf"], [FLAP], [])) == 2


def test_a_step_taken_back_leaves_nothing_and_its_lab_said_between():
    assert taken_back(True, [], []) == ()
    assert len(taken_back(False, [Finding("nat64 rules", "left over: x")], [FLAP])) == 3
