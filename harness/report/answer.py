"""The answer of a report in one sentence, and what each part of the run came to. Nothing that is not measured passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.report.checked import NOT_ASKED, StageChecked
from harness.report.made.base import Made
from harness.report.made.drill import Drill
from harness.report.made.exercise import Exercise
from harness.report.made.gate import Gate
from harness.report.made.mutants import Mutants
from harness.report.made.rehearsal import Rehearsal
from harness.report.readiness import Readiness
from harness.report.remark import Remark, Weight

Result = Literal["pass", "partial", "fail", "error", "empty"]
"""*partial*: nothing failed, and something was skipped or not asked at all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``parts`` is a line each thing that was tested, ``sentence`` the whole in one."""

    result: Result
    sentence: Remark
    parts: tuple[Remark, ...]


def answer(
    stages: Sequence[StageChecked], made: Sequence[Made], readiness: Sequence[Readiness], damaged: int, unfinished: int
) -> Answer:
    """Over all parts: fail before error before partial before pass; damage and what was broken off are errors."""
    parts = (*map(_stage, stages), *map(_made, made), *map(_ready, readiness))
    weights = {each.weight for each in parts}
    if damaged or unfinished:
        weights.add("error")
    result: Result = (
        "fail"
        if "fail" in weights
        else "error"
        if "error" in weights
        else "partial"
        if weights & {"skip", "unasked"}
        else "pass"
        if "pass" in weights
        else "empty"
    )
    return Answer(result, _sentence(result, parts, damaged + unfinished), parts)


def _sentence(result: Result, parts: tuple[Remark, ...], trouble: int) -> Remark:
    judged = tuple(each for each in parts if each.weight != "note")
    if not judged:
        return Remark("error" if trouble else "note", "answer.damaged" if trouble else "answer.empty")
    if len(judged) == 1 and not trouble:
        return judged[0]
    weights = [each.weight for each in judged]
    counts = {
        "all": len(judged),
        "passed": weights.count("pass"),
        "failed": weights.count("fail"),
        "dark": weights.count("error"),
        "open": len([each for each in weights if each in ("skip", "unasked")]),
        "trouble": trouble,
    }
    return Remark(_weight(result), f"answer.several.{result}", counts)


def _weight(result: Result) -> Weight:
    weights: dict[Result, Weight] = {
        "pass": "pass",
        "fail": "fail",
        "error": "error",
        "partial": "skip",
        "empty": "note",
    }
    return weights[result]


def _stage(stage: StageChecked) -> Remark:
    counts = stage.counts()
    weight: Weight = next(
        (each for each in ("fail", "error", "skip") if counts.get(each)), "unasked" if counts.get(NOT_ASKED) else "pass"
    )
    values = {
        "stage": stage.stage or "–",
        "whole": sum(counts.values()),
        **{name: counts.get(name, 0) for name in ("pass", "fail", "error", "skip")},
        "unasked": counts.get(NOT_ASKED, 0),
    }
    return Remark(weight, "part.checks", {_name(name): value for name, value in values.items()}, anchor="checks")


def _name(name: str) -> str:
    """``pass`` is no name of a field in a text."""
    return {"pass": "passed", "fail": "failed", "error": "dark", "skip": "skipped"}.get(name, name)


def _made(made: Made) -> Remark:
    if isinstance(made, Gate):
        return _gate(made)
    if isinstance(made, Rehearsal):
        return _rehearsal(made)
    if isinstance(made, Drill):
        return _drill(made)
    if isinstance(made, Mutants):
        return _mutants(made)
    assert isinstance(made, Exercise)
    return _exercise(made)


def _gate(gate: Gate) -> Remark:
    result = gate.outcome.replace(" ", "-")
    skipped = any(each.outcome == "skip" for each in gate.verdicts)
    values = {"name": gate.candidate, "stage": gate.stage, "red": len(gate.red), "lost": len(gate.lost)}
    values |= {"dark": len(gate.dark) + len(gate.unmade), "seconds": round(gate.seconds)}
    values["checks"] = len({each.check for each in gate.verdicts})
    values["nodes"] = len(gate.changed)
    # A change that changes no file was laid over nothing: there is nothing to say yes to.
    key = "none" if result == "pass" and not gate.laid else result
    weight: Weight = {"pass": "pass", "fail": "fail"}.get(result, "error")  # type: ignore[assignment]
    weight = "skip" if weight == "pass" and (skipped or not gate.laid) else weight
    return Remark(weight, f"part.gate.{key}", values, (gate.cause,) if gate.cause else (), "gate")


def _rehearsal(found: Rehearsal) -> Remark:
    key = "broken" if found.error else found.outcome
    weight: Weight = found.outcome if found.outcome in ("pass", "fail") else "error"  # type: ignore[assignment]
    said = (found.error,) if found.error else ()
    return Remark(weight, f"part.rehearsal.{key}", rehearsal_values(found), said, "rehearsal")


def rehearsal_values(found: Rehearsal) -> dict[str, Any]:
    """What fills the sentence about a rehearsal in."""
    outage = {}
    for family in (4, 6):
        known = [ms for step in found.steps if (ms := step.worst_ms(family)) is not None]
        outage[f"ms{family}"] = f"{max(known):.0f}" if known else "–"
    return {
        "start": found.start,
        "end": found.end,
        "steps": len(found.steps),
        "gap": round(found.gap_ms),
        "failed": sum(each.outcome == "fail" for each in found.steps),
        **outage,
    }


def _drill(found: Drill) -> Remark:
    values = {"id": found.id, "title": found.title, "n": found.repetitions}
    values["missed"] = sum(not each.met for each in found.spreads)
    weight: Weight = found.outcome if found.outcome in ("pass", "fail") else "error"  # type: ignore[assignment]
    return Remark(weight, f"part.drill.{weight}", values, (found.error,) if found.error else (), "drills")


def _mutants(found: Mutants) -> Remark:
    outcomes = [each.outcome for each in found.faults]
    values = {"caught": outcomes.count("pass"), "whole": len(outcomes) + found.untried}
    values |= {
        "missed": outcomes.count("fail"),
        "dark": len(outcomes) - outcomes.count("pass") - outcomes.count("fail"),
    }
    values["untried"] = found.untried
    weight: Weight = found.outcome if found.outcome in ("pass", "fail") else "error"  # type: ignore[assignment]
    return Remark(
        weight, "part.mutants" if found.wanted is not None else "part.mutants-broken", values, anchor="mutants"
    )


def _exercise(found: Exercise) -> Remark:
    values = {"id": found.id, "title": found.title, "trainee": found.trainee, "points": found.points}
    weight: Weight = found.outcome if found.outcome in ("pass", "fail") else "error"  # type: ignore[assignment]
    return Remark(weight, f"part.exercise.{weight}", values, anchor="exercise")


def _ready(found: Readiness) -> Remark:
    """Readiness is a measure, no verdict; what could not be measured of it is told elsewhere."""
    whole = sum(row.whole for row in found.agencies)
    ready = sum(row.counts.get("ready", 0) for row in found.agencies)
    values = {"stage": found.stage, "ready": ready, "whole": whole, "percent": 100 * ready // whole if whole else 0}
    return Remark("note", f"part.readiness.{found.way}", values, anchor="readiness")
