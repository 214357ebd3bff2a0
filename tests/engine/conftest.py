from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from contract_labs import ENGINES, available, into_docker, pair

from harness.engine.base import Engine


@pytest.fixture(scope="session", params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    made = available(request.param)
    if made.name == "containerlab":
        into_docker()
    return made


@pytest.fixture
def new_lab(engine: Engine) -> Iterator[Callable[[], str]]:
    """Gives names of labs that nobody else has; whatever was deployed under them is taken down."""
    names: list[str] = []

    def name() -> str:
        names.append(f"ct{uuid.uuid4().hex[:10]}")
        return names[-1]

    yield name
    for lab in names:
        engine.destroy(lab)


@pytest.fixture
def lab(new_lab: Callable[[], str]) -> str:
    return new_lab()


@pytest.fixture(scope="module")
def standing(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a pair that stands for all tests of a module: leave it as it was."""
    name = f"ct{uuid.uuid4().hex[:10]}"
    try:
        engine.deploy(name, pair(name, tmp_path_factory.mktemp(name)), lambda line: None)
        yield name
    finally:
        engine.destroy(name)


@pytest.fixture
def up(engine: Engine, lab: str, tmp_path: Path) -> str:
    """The name of a pair that is this test's own."""
    engine.deploy(lab, pair(lab, tmp_path), lambda line: None)
    return lab
