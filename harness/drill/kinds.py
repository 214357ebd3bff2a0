"""What all drills have in common, whatever they do to a lab and measure on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from harness.history.history import History
from harness.lab.lab import Lab
from harness.plan.model import Plan

Measure = tuple[str, str, str]
"""What was measured (``convergence``, ``fail-back``, ``detection …``, ``untouched``), the family, the direction."""


class Repetition(Protocol):
    """One time that a drill was done: broken, measured, mended."""

    def measures(self) -> Mapping[Measure, float | None]:
        """What it came to, in ms; ``None``: it never came about."""
        ...

    def missing(self) -> tuple[str, ...]:
        """What has not come back, one finding each."""
        ...

    def short(self) -> str:
        """All of it in a few words."""
        ...

    def as_data(self) -> dict[str, Any]:
        """For other programs."""
        ...


class AnyDrill(Protocol):
    """A drill as its file has it. ``since`` is the first stage it makes sense at."""

    @property
    def id(self) -> str:
        """As the file is called."""
        ...

    @property
    def vi(self) -> str:
        """Its title in Vietnamese."""
        ...

    @property
    def en(self) -> str:
        """Its title in English."""
        ...

    @property
    def since(self) -> str:
        """The first stage it makes sense at."""
        ...

    def require(self, lab: Lab, plan: Plan) -> None:
        """Raises ``WrongInput`` where a lab at its stage lacks what the file asks for."""
        ...

    def once(self, lab: Lab, plan: Plan, history: History) -> Repetition:
        """Do it one time. Raises ``CannotMeasure`` where it would prove nothing; all is mended in any case."""
        ...

    def target_ms(self, measure: str, targets: Mapping[str, float]) -> float:
        """The most that a measure may come to; ``targets`` are those of ``configs/targets.yml``."""
        ...
