"""The options that the suite gives pytest."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the suite."""
    group = parser.getgroup("v6lab")
    group.addoption(
        "--lab", metavar="NAME", help="run on this lab, which is up; else on the only one, else on an own one"
    )
    group.addoption("--stage", metavar="STAGE", help="the stage of an own lab")
    group.addoption("--engine", metavar="NAME", help="the engine of an own lab")
    group.addoption("--check", metavar="ID,…", help="only these checks")
    group.addoption("--on-word", metavar="FD", type=int, help="wait for a byte on this descriptor before the tests")
    group.addoption(
        "--processes", metavar="N", type=int, help="ask by N processes of this one; for tests that only look at a lab"
    )
    group.addoption("--verdicts", metavar="FILE", type=Path, help="write the verdicts there as a JSON list")
