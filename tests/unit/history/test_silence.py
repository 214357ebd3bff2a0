"""A whole time-out is waited once; what kept silent then is asked again with little patience."""

from __future__ import annotations

import pytest

from harness.history import silence
from harness.history.history import History
from harness.history.silence import STILL_SECONDS, Silences, Subject

PORT: Subject = ("gw1", 6, "tcp", "3fff::1", 443)
OTHER: Subject = ("gw1", 6, "tcp", "3fff::1", 80)


def test_what_kept_silent_is_waited_for_shortly() -> None:
    silences = Silences()
    assert silences.patience([PORT], 1.5) == 1.5
    silences.note([PORT], [])
    assert silences.patience([PORT], 1.5) == STILL_SECONDS
    assert silences.patience([OTHER, PORT], 1.5) == STILL_SECONDS
    assert silences.patience([OTHER], 1.5) == 1.5


def test_a_wait_is_never_made_longer() -> None:
    silences = Silences()
    silences.note([PORT], [])
    assert silences.patience([PORT], 0.1) == 0.1


def test_a_sign_of_life_restores_patience() -> None:
    silences = Silences()
    silences.note([PORT], [])
    silences.note([], [PORT])
    assert silences.patience([PORT], 1.5) == 1.5


def test_a_silence_is_old_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    silences = Silences()
    silences.note([PORT], [])
    monkeypatch.setattr(silence, "REMEMBERED_SECONDS", 0.0)
    assert silences.patience([PORT], 1.5) == 1.5


def test_after_a_failure_who_may_hurry_does() -> None:
    silences = Silences()
    assert silences.patience([PORT], 1.5, 0.5) == 1.5
    silences.hurry()
    assert silences.patience([PORT], 1.5, 0.5) == 0.5
    assert silences.patience([PORT], 1.5) == 1.5


@pytest.mark.parametrize(
    ("kind", "left"), [("fault.lifted", 1.5), ("lab.configure", 1.5), ("probe.tcp", STILL_SECONDS)]
)
def test_what_is_done_to_the_lab_makes_all_that_is_known_of_silence_worthless(kind: str, left: float) -> None:
    history = History()
    history.silences.note([PORT], [])
    history.silences.hurry()
    history.append(kind)
    assert history.silences.patience([PORT], 1.5, 1.0) == left
