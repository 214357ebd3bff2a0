"""A report: all that the runs left, read, joined and judged as a whole. Language and looks come later."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from harness.history.results import Damaged, Kind
from harness.report import answer as answers
from harness.report import concerns, readiness
from harness.report.answer import Answer
from harness.report.basis import Basis
from harness.report.checked import Point, StageChecked, by_stage, points
from harness.report.collect import Collected, Found, collect
from harness.report.evidence import Evidence, Shown
from harness.report.made.base import Made
from harness.report.made.drill import drill
from harness.report.made.exercise import exercise
from harness.report.made.gate import gate
from harness.report.made.mutants import mutants
from harness.report.made.rehearsal import Rehearsal, rehearsal
from harness.report.readiness import Readiness, Service
from harness.report.remark import Remark

READERS: Mapping[Kind, Callable[[Found], Made]] = {
    "verify": gate,
    "rehearsal": rehearsal,
    "drill": drill,
    "mutants": mutants,
    "exercise": exercise,
}
"""Kinds that have a section of their own."""
JOINED: Mapping[Kind, Callable[[Mapping[str, Any]], object]] = {
    "checks": lambda data: tuple(points(data["verdicts"])),
    "journeys": lambda data: [
        [each[key] for key in ("journey", "host", "manner", "fate")] for each in data["journeys"]
    ],
    "ipv4-off": lambda data: [
        (journey, host, state) for site in data["sites"] for journey, host, state in site["states"]
    ],
}
"""Kinds that are joined over all results, and what reads one whole: what cannot be read by itself is not joined."""
SHOWN_RED, SHOWN_GREEN = 12, 2
"""Events of evidence beneath a verdict: all that a red one needs, a taste of a green one. The rest is in the history."""

Kept = TypeVar("Kept", bound=Made)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a page shows. ``evidence`` gives the events of a reference in a result of a time."""

    directories: tuple[Path, ...]
    found: tuple[Found, ...]
    basis: Basis
    stages: tuple[StageChecked, ...]
    made: tuple[Made, ...]
    readiness: tuple[Readiness, ...]
    services: tuple[Service, ...]
    answer: Answer
    wrong: tuple[Remark, ...]
    remains: tuple[Remark, ...]
    damaged: tuple[Damaged, ...]
    evidence: Mapping[tuple[str, str], Shown]

    def of(self, kind: type[Kept]) -> tuple[Kept, ...]:
        """The results of one kind, in order of time."""
        return tuple(each for each in self.made if isinstance(each, kind))

    @property
    def stage(self) -> str:
        """The stage that the report is about: the furthest of those that were looked at; empty where none was."""
        order = self.basis.stage_names()
        seen = [each.stage for each in self.stages] + [each.kept.stage for each in self.found]
        seen += [each.end for each in self.of(Rehearsal)]
        return max((each for each in seen if each in order), key=order.index, default=seen[-1] if seen else "")

    @property
    def labs(self) -> tuple[str, ...]:
        """The labs that were looked at."""
        return tuple(dict.fromkeys(each.kept.lab for each in self.found if each.kept.lab))

    @property
    def period(self) -> tuple[str, str] | None:
        """When the first command began and the last one ended; ``None`` where there is none."""
        if not self.found:
            return None
        return min(each.kept.began for each in self.found), max(each.kept.at for each in self.found)

    @property
    def hashes(self) -> Mapping[str, tuple[str, ...]]:
        """What was judged: topology, configuration, image → their hashes or names."""
        every: dict[str, dict[str, None]] = {}
        for stage in self.stages:
            for each in stage.all:
                for point in each.points:
                    for name, value in point.hashes.items():
                        every.setdefault(name, {})[value] = None
        return {name: tuple(values) for name, values in every.items()}


def report(directories: Sequence[Path]) -> Report:
    """Read the directories of one run or of several. Raises ``WrongInput`` for one that is none."""
    collected = collect(tuple(directories))
    made, unreadable = _made(collected)
    whole = {each.file for each in unreadable}
    found = tuple(each for each in collected.found if each.kept.file not in whole)
    basis = collected.latest
    stages = by_stage(found, basis)
    ready = readiness.latest(found)
    evidence, torn = _evidence(directories, stages, made)
    damaged = (*collected.damaged, *unreadable, *torn)
    furthest = max(stages, key=lambda each: _order(basis, each.stage), default=None)
    return Report(
        tuple(directories),
        found,
        basis,
        stages,
        made,
        ready,
        readiness.services(basis, furthest),
        answers.answer(stages, made, ready, len(damaged), len(collected.unfinished)),
        concerns.wrong(stages, made),
        concerns.remains(stages, made, ready, damaged, collected.unfinished, basis),
        damaged,
        evidence,
    )


def _order(basis: Basis, stage: str) -> int:
    order = basis.stage_names()
    return order.index(stage) if stage in order else -1


def _made(collected: Collected) -> tuple[tuple[Made, ...], list[Damaged]]:
    """Every result that is read by itself; one that lacks what its kind holds is damage, and not nothing."""
    made: list[Made] = []
    damaged: list[Damaged] = []
    for each in collected.found:
        try:
            if each.kept.kind in READERS:
                made.append(READERS[each.kept.kind](each))
            else:
                JOINED[each.kept.kind](each.kept.data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            damaged.append(Damaged(each.kept.file, f"{type(error).__name__}: {error}"))
    return tuple(made), damaged


def _evidence(
    directories: Sequence[Path], stages: Sequence[StageChecked], made: Sequence[Made]
) -> tuple[dict[tuple[str, str], Shown], list[Damaged]]:
    """(reference, time of the result) → the event, for what is shown beneath verdicts."""
    wanted: dict[tuple[str, str], None] = {}
    for stage in stages:
        for each in stage.all:
            for point in each.points:
                wanted |= dict.fromkeys((reference, each.at) for reference in shown(point))
    for one in made:
        for point in getattr(one, "verdicts", ()):
            wanted |= dict.fromkeys((reference, one.at) for reference in shown(point))
    found: dict[tuple[str, str], Shown] = {}
    damaged: list[Damaged] = []
    for directory in directories:
        histories = Evidence(directory, (reference for reference, _ in wanted))
        damaged += histories.damaged
        for reference, at in wanted:
            if (reference, at) not in found and (event := histories.of(reference, at)):
                found[reference, at] = event
    return found, damaged


def shown(point: Point) -> tuple[str, ...]:
    """The references of a verdict whose events are shown."""
    return point.evidence[: SHOWN_GREEN if point.outcome == "pass" else SHOWN_RED]
