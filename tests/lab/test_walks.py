"""The walks of ``docs/`` do what they say: each command is run as it stands, by one shell, in a clone of this project."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from dataclasses import dataclass

import pytest

from tests.lab.conftest import ROOT, clone, git

WALKS = ("first-hour.md", "first-hour.vi.md")
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
LANGUAGE = re.compile(r" --lang \w+")
ANY = "..."
"""Alone on a line: any lines, or none; within a line: any text."""


@dataclass(frozen=True)
class Said:
    """A command of a walk and what the walk says that it prints; ``...`` stands for anything."""

    command: str
    output: str


def read(name):
    """The commands of a walk, in order."""
    lines = "".join(BLOCK.findall((ROOT / "docs" / name).read_text())).splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    ends = [*starts[1:], len(lines)]
    return [
        Said(lines[a].removeprefix("$ ").strip(), "".join(lines[a + 1 : b])) for a, b in zip(starts, ends, strict=True)
    ]


def pattern(said):
    """What matches an output that is said to be so. Empty lines count for nothing."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return "".join("(?:.*\n)*?" if line == ANY else ".*".join(map(re.escape, line.split(ANY))) + "\n" for line in lines)


def same(said, printed):
    """Whether a command printed what is said."""
    text = "".join(f"{line.strip()}\n" for line in printed.splitlines() if line.strip())
    return re.fullmatch(pattern(said), text) is not None


class Shell:
    """One shell, as a reader has it."""

    def __init__(self, directory, environment):
        self._end = f"end-of-{uuid.uuid4().hex}"
        self._bash = subprocess.Popen(
            ["bash", "--norc", "-s"],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def prints(self, command):
        """What a command writes to its standard output. Its own standard input is empty."""
        self._bash.stdin.write(f"{{ {command}\n}} </dev/null; echo {self._end}\n")
        self._bash.stdin.flush()
        said = []
        for line in self._bash.stdout:
            if line.strip() == self._end:
                return "".join(said)
            said.append(line)
        raise AssertionError(f"the shell ended in: {command}\n" + "".join(said))

    def close(self):
        """It ends with its input."""
        self._bash.communicate()


@pytest.fixture
def shell(tmp_path):
    """In a clone that has a lab's name of its own, and sees no other lab."""
    project, lab = clone(tmp_path / "a clone"), f"w{uuid.uuid4().hex[:8]}"
    topology = project / "topologies" / "pilot.clab.yml"
    topology.write_text(topology.read_text().replace("name: pilot\n", f"name: {lab}\n", 1))
    git(project, "commit", "-qam", "a lab of its own")
    environment = {**os.environ, "V6LAB_STATE": str(tmp_path / "state"), "USER": "reader"}
    found = Shell(project, {name: value for name, value in environment.items() if name != "SUDO_USER"})
    yield lambda command: found.prints(command).replace(lab, "pilot")
    found.close()
    subprocess.run(("make", "lab-down"), cwd=project, env=environment, check=True, stdout=subprocess.DEVNULL)


def test_a_walk_is_the_same_in_both_languages():
    one, other = ([LANGUAGE.sub("", each.command) for each in read(name)] for name in WALKS)
    assert one == other
    assert len(one) > 10


@pytest.mark.parametrize(
    ("said", "printed", "is_it"),
    [
        ("a\n...\nb\n", "a\nb\n", True),
        ("a\n...\nb\n", "a\nx\n\ny\nb\n", True),
        ("up in ... s\n", "up in 20.1 s\n", True),
        ("up in ... s\n", "up in 20.1 s\nand more\n", False),
        ("a\n", "b\n", False),
        ("", "a\n", False),
    ],
)
def test_three_dots_stand_for_anything_and_nothing_else_does(said, printed, is_it):
    assert same(said, printed) is is_it


@pytest.mark.long
@pytest.mark.parametrize("name", WALKS)
def test_a_walk_prints_what_it_says(shell, name):
    for each in read(name):
        printed = shell(each.command)
        assert same(each.output, printed), f"$ {each.command}\n{printed}\nis not\n{each.output}"
