"""What would have gone wrong on the real network, and what remains to be done: one line each, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.history.results import Damaged, Kind
from harness.language import Text
from harness.report import measures
from harness.report.basis import Basis
from harness.report.checked import NOT_ASKED, StageChecked
from harness.report.made.base import Made
from harness.report.made.drill import Drill
from harness.report.made.exercise import Exercise
from harness.report.made.gate import Gate
from harness.report.made.mutants import Mutants
from harness.report.made.rehearsal import Rehearsal, Step
from harness.report.readiness import Readiness
from harness.report.remark import Remark


def wrong(stages: Sequence[StageChecked], made: Sequence[Made]) -> tuple[Remark, ...]:
    """Everything that a judge said no to."""
    return tuple(
        Remark("fail", each.key, each.values, each.said, each.anchor)
        for each in (*_red(stages), *(remark for one in made for remark in _wrong(one)))
    )


def _red(stages: Sequence[StageChecked]) -> Iterator[Remark]:
    for stage in stages:
        for each in stage.of("fail"):
            values = {"id": each.requirement.id, "title": each.requirement.title, "stage": stage.stage}
            yield Remark("fail", "wrong.check", values, each.findings, f"check-{stage.stage}-{each.requirement.id}")


def _wrong(made: Made) -> Iterator[Remark]:
    basis = made.found.basis
    if isinstance(made, Gate):
        for line in made.not_converged:
            yield Remark("fail", "wrong.not-converged", {"name": made.candidate}, (line,), "gate")
        for check in made.red:
            said = tuple(line for each in made.verdicts if each.check == check for line in each.findings)
            yield Remark("fail", "wrong.gate", {"id": check, "title": basis.requirement(check).title}, said, "gate")
        if made.lost:
            yield Remark("fail", "wrong.journeys", {"n": len(made.lost), "whole": made.made}, made.lost_why, "gate")
        if made.outcome == "wrong input" or made.left:
            key = "wrong.refused" if made.outcome == "wrong input" else "wrong.left"
            yield Remark("fail", key, {"name": made.candidate}, (made.left,), "gate")
    elif isinstance(made, Rehearsal):
        for step in made.steps:
            yield from _step(made, step)
    elif isinstance(made, Drill):
        if missed := [each for each in made.spreads if not each.met]:
            values = {"id": made.id, "title": made.title, "n": len(missed), "measures": measures.missed(missed)}
            yield Remark("fail", "wrong.slow", values, (), "drills")
        if made.findings:
            yield Remark("fail", "wrong.residue", {"id": made.id, "title": made.title}, made.findings, "drills")
    elif isinstance(made, Mutants):
        for fault in made.faults:
            if fault.outcome == "fail":
                yield Remark(
                    "fail", "wrong.unnoticed", {"id": fault.id, "title": fault.title}, fault.findings, "mutants"
                )
    elif isinstance(made, Exercise):
        for check in (*made.red, *made.broken):
            means = made.means.get(check, Text(check, check))
            yield Remark("fail", "wrong.exercise", {"id": check, "means": means}, (), "exercise")
        for line in made.refused:
            yield Remark("fail", "wrong.answer", {"id": made.id}, (line,), "exercise")


def _step(made: Rehearsal, step: Step) -> Iterator[Remark]:
    names = {"old": step.old, "new": step.new}
    for family in (4, 6):
        ms, (lost, sent) = step.worst_ms(family), step.packets(family)
        if ms is not None and ms > made.gap_ms:
            yield Remark("fail", "wrong.outage", {**names, "family": family, "ms": ms, "most": made.gap_ms}, (), "rehearsal")  # fmt: skip
            continue
        if any(each.family == family and 100 * each.lost > made.lost_percent * each.sent for each in step.ways):
            yield Remark("fail", "wrong.packets", {**names, "family": family, "lost": lost, "sent": sent}, (), "rehearsal")  # fmt: skip
    for key, lines in (
        ("wrong.step-journeys", step.lost),
        ("wrong.flapped", step.flapped),
        ("wrong.unserved", step.unserved),
        ("wrong.not-back", step.left),
    ):
        if lines:
            yield Remark("fail", key, {**names, "n": len(lines)}, lines, "rehearsal")


def remains(
    stages: Sequence[StageChecked],
    made: Sequence[Made],
    readiness: Sequence[Readiness],
    damaged: Sequence[Damaged],
    unfinished: Sequence[Kind],
    basis: Basis,
) -> tuple[Remark, ...]:
    """What nobody knows yet, what this machine lacks, what was not asked, what still needs IPv4, which items come next."""
    found = [Remark("error", "remains.damaged", {"file": each.file.name}, (each.why,)) for each in damaged]
    found += [Remark("error", "remains.unfinished", {"kind": kind}) for kind in unfinished]
    found += [remark for each in made for remark in _dark(each)]
    for stage in stages:
        for weight, key in (("error", "remains.error"), ("skip", "remains.skip")):
            for each in stage.of(weight):
                values = {"id": each.requirement.id, "title": each.requirement.title, "stage": stage.stage}
                anchor = f"check-{stage.stage}-{each.requirement.id}"
                found.append(Remark("error" if weight == "error" else "skip", key, values, each.findings, anchor))
        if unasked := stage.of(NOT_ASKED):
            ids = ", ".join(each.requirement.id for each in unasked)
            values = {"n": len(unasked), "stage": stage.stage, "whole": len(stage.all)}
            found.append(Remark("unasked", "remains.unasked", values, (ids,), "checks"))
    for one in readiness:
        for state, key in (("unknown", "remains.unknown"), ("lost", "remains.lost"), ("absent", "remains.absent")):
            if n := sum(row.counts.get(state, 0) for row in one.agencies):  # type: ignore[call-overload]
                weight = "error" if state == "unknown" else "note"
                found.append(Remark(weight, f"{key}.{one.way}", {"n": n, "stage": one.stage}, (), "readiness"))  # type: ignore[arg-type]
    found.sort(key=lambda each: ("error", "skip", "unasked", "note").index(each.weight))
    return (*found, *_coming(stages, made, basis))


def _dark(made: Made) -> Iterator[Remark]:
    basis = made.found.basis
    if isinstance(made, Gate):
        for check in made.dark:
            said = tuple(line for each in made.verdicts if each.check == check for line in each.findings)
            yield Remark("error", "remains.gate", {"id": check, "title": basis.requirement(check).title}, said, "gate")
        skipped = dict.fromkeys(each.check for each in made.verdicts if each.outcome == "skip")
        for check in skipped:
            said = tuple(line for each in made.verdicts if each.check == check for line in each.findings)
            yield Remark(
                "skip", "remains.gate-skip", {"id": check, "title": basis.requirement(check).title}, said, "gate"
            )
        if made.unmade:
            yield Remark("error", "remains.journeys", {"n": len(made.unmade)}, made.unmade, "gate")
        if made.already:
            yield Remark("note", "remains.already", {"n": len(made.already)}, made.already, "gate")
    elif isinstance(made, Rehearsal):
        if made.error:
            yield Remark(
                "error", "remains.broken-off", {"start": made.start, "end": made.end}, (made.error,), "rehearsal"
            )
        if made.stopped:
            yield Remark("note", "remains.turned-back", {"end": made.end}, made.stopped, "rehearsal")
        for step in made.steps:
            names = {"old": step.old, "new": step.new}
            if step.unproven:
                yield Remark(
                    "error", "remains.unproven", {**names, "n": len(step.unproven)}, step.unproven, "rehearsal"
                )
            if step.unmade:
                yield Remark("error", "remains.step-journeys", {**names, "n": step.unmade}, (), "rehearsal")
            if step.blind:
                yield Remark("error", "remains.blind", {**names, "n": step.blind, "whole": step.looks}, (), "rehearsal")
    elif isinstance(made, Drill) and made.error:
        yield Remark("error", "remains.drill", {"id": made.id, "title": made.title, "n": made.repetitions}, (made.error,), "drills")  # fmt: skip
    elif isinstance(made, Mutants):
        for fault in made.faults:
            if fault.outcome not in ("pass", "fail"):
                yield Remark(
                    "error", "remains.mutant", {"id": fault.id, "title": fault.title}, fault.findings, "mutants"
                )
        if made.untried:
            yield Remark("error", "remains.untried", {"n": made.untried, "whole": made.wanted}, (), "mutants")
    elif isinstance(made, Exercise) and made.dark:
        yield Remark("error", "remains.exercise", {"id": made.id}, made.dark, "exercise")


def _coming(stages: Sequence[StageChecked], made: Sequence[Made], basis: Basis) -> Iterator[Remark]:
    """The items of the plan after the furthest stage that was looked at."""
    order = basis.stage_names()
    seen = {each.stage for each in stages} | {each.stage for each in made}
    seen |= {stage for each in made if isinstance(each, Rehearsal) for step in each.steps for stage in (step.old, step.new)}  # fmt: skip
    if not (reached := [order.index(each) for each in seen if each in order]):
        return
    for name in order[max(reached) + 1 :]:
        values = {"item": basis.stage_item(name), "stage": name, "title": basis.stage_title(name)}
        yield Remark("note", "remains.item", values)
