"""A lab at the stage that labs come up at, for all tests of this folder. Each leaves it as it found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.conftest import Desk, desk


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A checkout whose lab is up."""
    for made in desk(tmp_path_factory.mktemp("shared") / "checkout"):
        said = made.up()
        assert said.returncode == 0, said.stderr
        yield made
