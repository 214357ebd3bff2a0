"""The running strips: what becomes of echoes, and what of a minute ago is still kept."""

from __future__ import annotations

from harness.watch.pulse import PATIENCE_SECONDS, Echoes
from harness.watch.strip import KEPT_SECONDS, Strip


def test_a_turn_that_is_none_changes_nothing():
    strip = Strip().turned(1.0, "through")
    assert strip.turned(2.0, "through") is strip
    assert strip.as_data() == {"1.000": "through"}


def test_what_has_left_the_window_is_forgotten_but_for_how_it_began():
    strip = Strip()
    for second in range(0, 40, 2):
        strip = strip.turned(second, "through" if second % 4 else "lost")
    late = strip.turned(30 + KEPT_SECONDS, "unseen")
    assert min(late.turns) == 28
    assert late.turns[28] == "lost"


def test_an_echo_that_is_answered_late_but_before_anybody_looked_has_passed():
    echoes = Echoes(("a → b", 4))
    number = echoes.next(1.0)
    echoes.answered(number)
    assert list(echoes.turns(1.0 + 9 * PATIENCE_SECONDS)) == [(1.0, "through")]


def test_a_loss_is_known_after_the_patience_and_dated_from_the_first_echo_lost():
    echoes = Echoes(("a → b", 4))
    echoes.answered(echoes.next(1.0))
    list(echoes.turns(1.01))
    echoes.next(1.05)
    assert list(echoes.turns(1.05 + PATIENCE_SECONDS * 0.9)) == []
    echoes.next(1.10)
    assert list(echoes.turns(1.05 + PATIENCE_SECONDS)) == [(1.05, "lost")]


def test_the_first_echo_that_passes_again_ends_the_loss():
    echoes = Echoes(("a → b", 4))
    echoes.next(1.0)
    echoes.answered(echoes.next(1.05))
    assert list(echoes.turns(1.2)) == [(1.0, "lost"), (1.05, "through")]


def test_an_echo_that_the_kernel_refuses_is_lost_at_once():
    echoes = Echoes(("a → b", 4))
    echoes.refused(echoes.next(1.0))
    assert [how for _, how in echoes.turns(1.0)] == ["lost"]


def test_an_answer_to_an_echo_that_was_given_up_means_nothing():
    echoes = Echoes(("a → b", 4))
    number = echoes.next(1.0)
    list(echoes.turns(2.0))
    echoes.answered(number)
    echoes.next(2.0)
    assert list(echoes.turns(2.0)) == []
