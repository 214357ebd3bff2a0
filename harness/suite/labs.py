"""Which lab a test gets. Those that only look share one; under xdist, a worker that disturbs has one of its own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.errors import HarnessError, LabFailed
from harness.history.history import History
from harness.history.run import RunDirectory
from harness.lab import record
from harness.lab.conditions import conditions
from harness.lab.converge import CONVERGE_SECONDS, Told
from harness.lab.engines import engine as find_engine
from harness.lab.lab import Lab
from harness.lab.project import DEFAULT_STAGE, Project
from harness.lab.up import Wanted, down, up
from harness.wait import Condition, Deadline, until

SETTLE_SECONDS = 40.0
"""What was disturbed has that long to be as before: an unkind ISP keeps news back for 30 s."""
BESIDE_OTHERS = 2 * CONVERGE_SECONDS
"""An xdist worker's lab converges beside other labs and tests."""
PREFIX = "test-"
"""Labs of a run's own are called ``test-<run>-…``."""
QUIET = Told(lambda text: None, lambda met, left: None)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line says. ``worker`` is empty without xdist; ``run`` is the same in all workers of a run."""

    run: str
    worker: str = ""
    lab: str | None = None
    stage: str | None = None
    engine: str | None = None


def running(choice: Choice) -> str | None:
    """The lab to look at: the one named, or the only one that is up, unless a stage or an engine asks for an own."""
    if choice.lab:
        return choice.lab
    if choice.stage or choice.engine:
        return None
    labs = [name for name in record.names() if (record.directory() / name / record.FILE).exists()]
    labs = [name for name in labs if not name.startswith(PREFIX)]
    return labs[0] if len(labs) == 1 else None


class Labs:
    """The labs of one process of a run, each brought up when the first test asks for it."""

    def __init__(
        self,
        choice: Choice,
        bring_up: Callable[[Wanted, str | None], Lab] | None = None,
        conditions_of: Callable[[Lab], Sequence[Condition]] = conditions,
    ) -> None:
        self.choice = choice
        self._bring_up = bring_up or partial(_bring_up, wait=BESIDE_OTHERS if choice.worker else CONVERGE_SECONDS)
        self._conditions = conditions_of
        self._labs: dict[str, Lab] = {}
        self._failed: dict[str, BaseException] = {}
        self._histories: dict[str, History] = {}
        self._spoilt: dict[str, str] = {}
        self._unmet_before: dict[str, frozenset[str]] = {}

    def get(self, *, disturbs: bool) -> Lab:
        """The lab for a test. A lab that could not be brought up is not tried again: its error comes again."""
        key = "own" if disturbs and self.choice.worker else "shared"
        if key in self._failed:
            raise self._failed[key]
        if key not in self._labs:
            try:
                self._labs[key] = self._own(key) if key == "own" else self._shared(key)
            except HarnessError as error:
                self._failed[key] = error
                raise
        lab = self._labs[key]
        if disturbs and lab.name not in self._unmet_before:
            self._unmet_before[lab.name] = frozenset(name for name, _ in self._unmet(lab, 0.0))
        return lab

    def history(self, lab: Lab) -> History:
        """What this process sees of a lab, in the lab's run directory."""
        if lab.name not in self._histories:
            self._histories[lab.name] = RunDirectory(Path(lab.record.run)).history(f"checks-{os.getpid()}")
        return self._histories[lab.name]

    def known(self, *, disturbs: bool) -> Lab | None:
        """The lab that a test has got, if it has."""
        return self._labs.get("own" if disturbs and self.choice.worker else "shared")

    def refuse_spoilt(self, *, disturbs: bool) -> None:
        """Raise ``LabFailed`` with the cause if a test before has not left the lab as it was."""
        lab = self.known(disturbs=disturbs)
        if lab and (cause := self._spoilt.get(lab.name)):
            raise LabFailed(cause)

    def prove_as_before(self, test: str, seconds: float = SETTLE_SECONDS) -> None:
        """After a test that disturbs: every condition of convergence that held before holds again, else the lab is
        spoilt and ``LabFailed`` says by what."""
        lab = self.known(disturbs=True)
        if lab is None or lab.name in self._spoilt:
            return
        try:
            lab.refresh()
            pending = self._unmet(lab, seconds, self._unmet_before.get(lab.name, frozenset()))
        except HarnessError as error:
            pending = (("the lab can be asked", str(error)),)
        if pending:
            shown = "; ".join(f"{name}: {why}" for name, why in pending[:5])
            more = f" and {len(pending) - 5} more" if len(pending) > 5 else ""
            self._spoilt[lab.name] = f"lab {lab.name} is not as it was before {test}: {shown}{more}"
            raise LabFailed(self._spoilt[lab.name])

    def _unmet(self, lab: Lab, seconds: float, but: frozenset[str] = frozenset()) -> tuple[tuple[str, str], ...]:
        wanted = [each for each in self._conditions(lab) if each.name not in but]
        return until(wanted, Deadline.after(seconds)).pending

    def close(self) -> None:
        """Close the histories."""
        for history in self._histories.values():
            history.close()

    def _shared(self, key: str) -> Lab:
        name = running(self.choice)
        return Lab.attach(name) if name else self._own(key)

    def _own(self, key: str) -> Lab:
        stage, engine = self.choice.stage or DEFAULT_STAGE, self.choice.engine
        if name := running(self.choice):  # the same as the one that is looked at
            model = record.read(name)
            stage, engine = model.stage or stage, model.engine
        project = Project.find()
        parts = [self.choice.run, self.choice.worker, key if self.choice.worker else ""]
        name = "-".join(part for part in parts if part)
        return self._bring_up(Wanted(project, project.topology_file, stage, name), engine)


def _bring_up(wanted: Wanted, engine: str | None, *, wait: float) -> Lab:
    return up(wanted, find_engine(engine), QUIET, wait=wait)


def take_down(run: str, engine: str | None) -> tuple[str, ...]:
    """Take away every lab of a run, also those half made; what is still there afterwards is returned."""
    left: list[str] = []
    for name in record.names():
        if name == run or name.startswith(f"{run}-"):
            left += down(find_engine(_engine_of(name) or engine), name)
    return tuple(left)


def _engine_of(name: str) -> str | None:
    try:
        return record.read(name).engine
    except LabFailed:
        return None


def subject(lab: Lab) -> dict[str, str]:
    """The hashes of what was judged: topology, configuration, image."""
    topology = hashlib.sha256(Path(lab.record.topology).read_bytes()).hexdigest()
    image = next(iter(lab.topology.nodes.values())).image
    return {"topology": topology, "configuration": lab.record.digest, "image": image}
