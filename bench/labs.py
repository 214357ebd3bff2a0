"""A lab for a measurement: brought up with its phases timed, taken down whatever happens."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from harness.lab.converge import Told
from harness.lab.engines import engine as find_engine
from harness.lab.lab import Lab
from harness.lab.project import DEFAULT_STAGE, Project
from harness.lab.up import Wanted, own_lab

NAME = f"bench-{os.getpid()}"


class Phases:
    """Hears phases begin; ``seconds`` tells how long each took."""

    def __init__(self) -> None:
        self._began: list[tuple[str, float]] = []

    def begin(self, text: str) -> None:
        """A phase begins; it is known by its first word."""
        self._began.append((text.split()[0], time.monotonic()))

    def seconds(self) -> dict[str, float]:
        """Seconds by phase, up to now for the last."""
        ends = [at for _, at in self._began[1:]] + [time.monotonic()]
        found: dict[str, float] = {}
        for (phase, at), end in zip(self._began, ends, strict=True):
            found[phase] = found.get(phase, 0.0) + end - at
        return found


@contextmanager
def lab(engine_name: str) -> Iterator[tuple[Lab, dict[str, float]]]:
    """The pilot at the usual stage on an engine of that name, and its phases in seconds."""
    project, phases = Project.find(), Phases()
    wanted = Wanted(project, project.topology_file, DEFAULT_STAGE, NAME)
    with own_lab(wanted, find_engine(engine_name), Told(phases.begin, lambda met, left: None)) as made:
        yield made, phases.seconds()
