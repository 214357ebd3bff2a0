"""The set-up's pure parts and its messages."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from harness.errors import LabFailed, WrongInput
from harness.setup import command, packages, venv
from harness.setup.progress import Steps


class Clock:
    """A clock that moves by one second at each look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def test_only_packages_that_are_wholly_installed_count() -> None:
    assert packages.installed_in("ii  runc\nrc  nftables\niU  openssl\n\nii  iproute2\n") == {"runc", "iproute2"}


def test_missing_packages_are_the_users_to_install_when_not_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "packages.txt"
    listed.write_text("no-such-package-at-all\n")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(WrongInput, match="missing: no-such-package-at-all"):
        packages.install(Steps(io.StringIO()), listed)


def test_without_a_terminal_a_step_is_two_plain_lines() -> None:
    out = io.StringIO()
    with Steps(out, Clock()).step("image") as phase:
        phase("too early to tell")
    assert out.getvalue() == "… image\n✓ image  2.0 s\n"


def test_a_long_step_tells_its_phases_now_and_then() -> None:
    out, clock = io.StringIO(), Clock()
    with Steps(out, clock).step("image") as phase:
        clock.now = 40.0
        phase("unpacking")
    assert "42.0 s  unpacking\n" in out.getvalue()


def test_a_step_that_fails_says_after_how_long() -> None:
    out = io.StringIO()
    with pytest.raises(LabFailed), Steps(out, Clock()).step("image"):
        raise LabFailed("no")
    assert out.getvalue().splitlines()[-1] == "✗ image: failed after 1.0 s"


def test_a_failed_command_shows_its_last_lines() -> None:
    with pytest.raises(LabFailed, match="ended with code 3:\n  what went wrong"):
        command.run(["sh", "-c", "echo what went wrong; exit 3"])


def test_the_environment_depends_on_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("a==1\n")
    before = venv.fingerprint((lock,))
    lock.write_text("a==2\n")
    assert venv.fingerprint((lock,)) != before


def test_an_environment_that_was_moved_is_not_used(tmp_path: Path) -> None:
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").touch()
    (tmp_path / ".venv/pyvenv.cfg").write_text("command = python3 -m venv /elsewhere/.venv\n")
    assert not venv.works(tmp_path / ".venv")
