"""The command line reads well: examples that are understood, and what a shell completes."""

from __future__ import annotations

import shlex

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from harness.cli import completing, examples, main
from harness.errors import WrongInput

EVERY = [line for each in (examples.FIRST, *examples.EXAMPLES.values()) for line, _ in each]


def completed(*typed: str) -> list[str]:
    *before, incomplete = typed
    return [
        each.value
        for each in ShellComplete(main.cli, {}, "v6lab", "_V6LAB_COMPLETE").get_completions(before, incomplete)
    ]


def test_every_command_has_examples():
    assert list(examples.EXAMPLES) == list(main.COMMANDS)


@pytest.mark.parametrize("line", EVERY)
def test_an_example_is_a_command_line_that_is_understood(line):
    name, *rest = shlex.split(line)
    command = main.cli.get_command(click.Context(main.cli), name)
    assert command
    command.make_context(name, rest)


def test_the_help_of_a_command_ends_with_its_examples_one_a_line():
    shown = CliRunner().invoke(main.cli, ["drill", "--help"]).output
    assert "Examples:\n    v6lab drill --list" in shown


def test_who_is_new_is_told_the_first_steps():
    assert "First steps:\n    v6lab up" in CliRunner().invoke(main.cli, ["--help"]).output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_own_completion(shell):
    shown = CliRunner().invoke(main.cli, ["completion", shell])
    assert shown.exit_code == 0
    assert f"_V6LAB_COMPLETE={shell}_complete" in shown.output


def test_stages_drills_faults_and_exercises_are_completed():
    assert completed("up", "--stage", "21") == ["21-pilot"]
    assert completed("drill", "F02") == ["F02"]
    assert completed("mutants", "FLT-37") == ["FLT-37"]
    assert completed("exercise", "start", "T06") == ["T06"]


def test_completing_never_fails(monkeypatch):
    def broken() -> None:
        raise WrongInput("no project here")

    monkeypatch.setattr("harness.lab.project.Project.find", broken)
    assert completed("up", "--stage", "") == []


def test_nodes_of_no_lab_are_none(monkeypatch):
    monkeypatch.setattr("harness.lab.record.names", lambda: ())
    assert completing.nodes(click.Context(main.cli), click.Argument(["node"]), "") == []
