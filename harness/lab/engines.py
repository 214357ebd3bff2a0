"""The engines by name, in one literal table."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from harness.engine.base import Engine, Image
from harness.engine.embedded.engine import EmbeddedEngine
from harness.engine.image import find
from harness.errors import WrongInput

DEFAULT = "embedded"
VARIABLE = "V6LAB_ENGINE"


# Docker's client takes a quarter of a second to load: whoever does not use it does not wait for it.


def _provide(reference: str) -> Image:
    from harness.engine.foreign import provide

    return provide(reference)


def _containerlab() -> Engine:
    from harness.engine.containerlab import ContainerlabEngine

    return ContainerlabEngine(find)


ENGINES: Mapping[str, Callable[[], Engine]] = {
    "embedded": lambda: EmbeddedEngine(_provide),
    "containerlab": _containerlab,
}


def engine(name: str | None = None) -> Engine:
    """The engine of that name; without one, that of the environment, else the embedded one."""
    wanted = name or os.environ.get(VARIABLE) or DEFAULT
    if wanted not in ENGINES:
        raise WrongInput(f"there is no engine {wanted!r}", where="--engine", hint="engines: " + ", ".join(ENGINES))
    return ENGINES[wanted]()
