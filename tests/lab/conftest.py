"""The command line as a user has it: a checkout of one's own, a lab that nobody else has, nothing left afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.setup import venv

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("v6lab")
COMMAND_SECONDS = 400
"""One command, at most: an exercise is graded by a dozen checks, some of which wait for sessions to come back."""


@dataclass(frozen=True)
class Desk:
    """A checkout and the name of a lab."""

    root: Path
    lab: str

    def v6lab(self, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [PROGRAM, *arguments],
            cwd=self.root,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command, as from a terminal: where all this runs in the background, Ctrl-C is ignored."""
        return subprocess.Popen(
            ["env", "--default-signal=INT", PROGRAM, *arguments],
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Bring the lab up, or lay what was edited over it."""
        return self.v6lab("up", "--name", self.lab, *arguments)

    def edit(self, file: str, old: str, new: str) -> Path:
        """Replace a text that must be there."""
        path = self.root / file
        text = path.read_text()
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new))
        return path


def git(directory: Path, *argv: str) -> str:
    """What git says, as somebody whom it need not know."""
    names = ("-c", "user.name=n", "-c", "user.email=n@example.com")
    return subprocess.run(
        ("git", *names, *argv), cwd=directory, check=True, capture_output=True, text=True
    ).stdout.strip()


def clone(directory: Path) -> Path:
    """A clone of this project that uses its virtual environment; skips where that, or git, is not there as it should be.

    Its own make targets must find that environment to be the commit's: they would install into it what they miss.
    """
    if os.geteuid() != 0:
        pytest.skip("lacks CAP_SYS_ADMIN: a lab needs root")
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("lacks a git repository: a change is judged since a commit")
    subprocess.run(("git", "clone", "-q", "--no-local", ROOT, directory), check=True)
    stamp = ROOT / venv.VENV / "v6lab.stamp"
    wanted = venv.fingerprint(tuple(directory / each for each in venv.INPUTS))
    if not stamp.exists() or stamp.read_text() != wanted:
        pytest.skip("lacks a virtual environment that is this commit's: make venv, with nothing uncommitted")
    (directory / venv.VENV).symlink_to(ROOT / venv.VENV)
    return directory


def desk(directory: Path) -> Iterator[Desk]:
    """A copy of what is edited, and a lab that is gone afterwards."""
    if os.geteuid() != 0:
        pytest.skip("lacks CAP_SYS_ADMIN: a lab needs root")
    for name in ("configs", "topologies"):
        shutil.copytree(ROOT / name, directory / name)
    made = Desk(directory, f"t{uuid.uuid4().hex[:8]}")
    try:
        yield made
    finally:
        made.v6lab("down", made.lab)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Desk]:
    """For one test."""
    yield from desk(tmp_path / "checkout with a space")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """One for all cases that leave it as it was."""
    yield from desk(tmp_path_factory.mktemp("bad") / "checkout with a space")


@pytest.fixture
def bad(checkout):
    """The checkout, with whatever a test did to its files undone afterwards."""
    yield checkout
    for name in ("configs", "topologies", "runs"):
        shutil.rmtree(checkout.root / name, ignore_errors=True)
    for name in ("configs", "topologies"):
        shutil.copytree(ROOT / name, checkout.root / name)
