import threading

import pytest

from harness.wait import Condition, Deadline, Hopeless, until


def never():
    return "not yet"


def after(looks):
    """A condition that holds from the look with that number on."""
    seen = []

    def unmet():
        seen.append(None)
        return None if len(seen) > looks else f"look {len(seen)}"

    return unmet


def test_all_that_came_true_is_told_with_how_many_are_left():
    told = []
    outcome = until(
        [Condition("at once", after(0)), Condition("later", after(2))],
        Deadline.after(5),
        on_met=lambda met, left: told.append((met.name, left)),
    )
    assert told == [("at once", 1), ("later", 0)]
    assert outcome.pending == ()


def test_what_did_not_come_true_is_named_with_its_last_reason():
    outcome = until([Condition("at once", after(0)), Condition("never", never)], Deadline.after(0))
    assert [met.name for met in outcome.met] == ["at once"]
    assert outcome.pending == (("never", "not yet"),)


def test_a_condition_that_cannot_be_read_is_one_that_does_not_hold_yet():
    def broken():
        raise KeyError("neighbors")

    assert until([Condition("broken", broken)], Deadline.after(0)).pending == (("broken", "KeyError: 'neighbors'"),)


def test_a_hopeless_condition_ends_the_wait_at_once_and_says_why():
    def hopeless():
        raise Hopeless("service 30-frr failed")

    outcome = until([Condition("never", never), Condition("started edge1", hopeless)], Deadline.after(60))
    assert outcome.seconds < 5
    assert dict(outcome.pending)["started edge1"] == "service 30-frr failed"


def test_an_event_brings_the_next_look_forward(monkeypatch):
    monkeypatch.setattr("harness.wait.POLL_SECONDS", 60.0)
    wake = threading.Event()

    def first_look_sets_off_the_event():
        first_look_sets_off_the_event.looks += 1
        if first_look_sets_off_the_event.looks == 1:
            threading.Timer(0.05, wake.set).start()
            return "not yet"
        return None

    first_look_sets_off_the_event.looks = 0
    outcome = until([Condition("woken", first_look_sets_off_the_event)], Deadline.after(30), wake=wake)
    assert outcome.pending == ()
    assert outcome.seconds < 10


@pytest.mark.parametrize("count", [1, 30])
def test_conditions_are_met_once_and_not_asked_again(count):
    looks = dict.fromkeys(range(count), 0)

    def unmet(number):
        looks[number] += 1

    until([Condition(str(n), lambda n=n: unmet(n)) for n in range(count)], Deadline.after(5))
    assert set(looks.values()) == {1}
