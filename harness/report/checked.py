"""What became of every requirement at every stage that was looked at: the newest verdict counts, earlier ones are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.report.basis import Basis, Requirement
from harness.report.collect import Found
from harness.verdict.verdict import ORDER, Outcome, worst

NOT_ASKED = "unasked"
"""A requirement that was due and that nobody asked: no outcome, and never a pass."""
STATES = (*ORDER, NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Point:
    """A verdict: one check at one place. ``evidence`` refers to the histories."""

    check: str
    stage: str
    where: str
    outcome: Outcome
    findings: tuple[str, ...]
    evidence: tuple[str, ...]
    seconds: float
    hashes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Checked:
    """A requirement with its verdicts at one stage. ``earlier`` are the outcomes of askings before the last one, each
    with its time; a requirement that was not asked has no points."""

    requirement: Requirement
    at: str = ""
    points: tuple[Point, ...] = ()
    earlier: tuple[tuple[str, Outcome], ...] = ()

    @property
    def state(self) -> str:
        """The worst of its points; not asked where it has none."""
        return worst([each.outcome for each in self.points]) if self.points else NOT_ASKED

    @property
    def findings(self) -> tuple[str, ...]:
        """What its red, dark and skipped points say, each once; those of the worst outcome first."""
        ordered = sorted(self.points, key=lambda each: ORDER.index(each.outcome))
        return tuple(dict.fromkeys(line for each in ordered if each.outcome != "pass" for line in each.findings))


@dataclass(frozen=True, slots=True)
class StageChecked:
    """All requirements of a stage, in groups; what was due and not asked is among them."""

    stage: str
    groups: Mapping[str, tuple[Checked, ...]]

    @property
    def all(self) -> tuple[Checked, ...]:
        """Over all groups."""
        return tuple(each for group in self.groups.values() for each in group)

    def counts(self, group: str | None = None) -> Mapping[str, int]:
        """State → how many requirements, of one group or of all."""
        some = self.all if group is None else self.groups[group]
        return Counter(each.state for each in some)

    def of(self, *states: str) -> tuple[Checked, ...]:
        """The requirements in one of some states."""
        return tuple(each for each in self.all if each.state in states)


def points(verdicts: Iterable[Mapping[str, Any]]) -> Iterator[Point]:
    """Verdicts as they were kept. An outcome that is none is an error: what cannot be read was not measured."""
    for each in verdicts:
        outcome = each.get("outcome")
        yield Point(
            str(each.get("check", "?")),
            str(each.get("stage", "")),
            str(each.get("where", "")),
            outcome if outcome in ORDER else "error",
            tuple(map(str, each.get("findings", ()))),
            tuple(map(str, each.get("evidence", ()))),
            float(each.get("seconds", 0.0)),
            dict(each.get("hashes", {})),
        )


def by_stage(found: Sequence[Found], basis: Basis) -> tuple[StageChecked, ...]:
    """From the checks that were asked by themselves and in rehearsals, in order of time, to what holds now."""
    asked: dict[tuple[str, str], list[tuple[str, str, list[Point]]]] = {}
    for at, session, verdicts in _askings(found):
        for point in points(verdicts):
            sessions = asked.setdefault((point.stage, point.check), [])
            if not sessions or sessions[-1][1] != session:
                sessions.append((at, session, []))
            sessions[-1][2].append(point)
    order = basis.stage_names()
    stages = sorted({stage for stage, _ in asked}, key=lambda each: (order.index(each) if each in order else -1, each))
    return tuple(_stage(stage, {check: each for (at, check), each in asked.items() if at == stage}, basis) for stage in stages)  # fmt: skip


def _askings(found: Sequence[Found]) -> Iterator[tuple[str, str, Sequence[Mapping[str, Any]]]]:
    """(when, session, verdicts); the workers of one pytest run are one session."""
    for each in found:
        data, name = each.kept.data, each.kept.file.name
        if each.kept.kind == "checks":
            yield each.kept.at, str(data.get("session", name)), data.get("verdicts", ())
        elif each.kept.kind == "rehearsal":
            for stage in data.get("stages", {}).values():
                yield each.kept.at, name, stage.get("verdicts", ())


def _stage(stage: str, asked: Mapping[str, Sequence[tuple[str, str, list[Point]]]], basis: Basis) -> StageChecked:
    found: dict[str, Checked] = {}
    for check, sessions in asked.items():
        at, _, last = sessions[-1]
        earlier = tuple((when, worst([each.outcome for each in some])) for when, _, some in sessions[:-1])
        found[check] = Checked(basis.requirement(check), at, tuple(last), earlier)
    for each in basis.due(stage):
        found.setdefault(each.id, Checked(each))
    order = list(basis.requirements)
    groups: dict[str, list[Checked]] = {}
    for one in sorted(found.values(), key=lambda each: (_place(order, each.requirement.id), each.requirement.id)):
        groups.setdefault(one.requirement.group, []).append(one)
    return StageChecked(stage, {name: tuple(some) for name, some in groups.items()})


def _place(order: Sequence[str], check: str) -> int:
    return order.index(check) if check in order else len(order)
