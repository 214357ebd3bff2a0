"""What a rehearsal came to, as a table for people and as data for other programs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from harness.drill.rehearsal import Judged, Rehearsal, StepSeen
from harness.language import OUTCOMES, Language, Text
from harness.plan.model import FAMILIES, Family
from harness.verdict.rehearsal import Stretch

HEADS = (
    Text("bước", "step"),
    Text("giây", "seconds"),
    Text("IPv4 gián đoạn ms", "IPv4 out ms"),
    Text("mất", "lost"),
    Text("IPv6 gián đoạn ms", "IPv6 out ms"),
    Text("mất", "lost"),
    Text("hành trình mất", "journeys lost"),
    Text("phiên rớt", "flapped"),
    Text("quay lui", "rolled back"),
    Text("", ""),
)
LOST_OF = Text("{} trên {}", "{} of {}")
AS_BEFORE, DIFFER = Text("như cũ", "as before"), Text("{} chỗ khác", "{} differ")
CHECKS = Text("kiểm tra ở {}: {} ({:.0f} giây)", "checks at {}: {} ({:.0f} s)")
NO_CHECKS = Text("không có", "none")
MORE = Text("  … và {} mục nữa", "  … and {} more")
TURNED_BACK, BROKEN_OFF = Text("quay lại: ", "turned back: "), Text("dừng giữa chừng: ", "broken off: ")
END = Text("diễn tập {} → {} và quay lui: {} trong {:.0f} giây", "rehearsal {} → {} and back: {} in {:.0f} s")
SHOWN = 20
"""Findings on the screen; all are in the JSON."""


def table(found: Rehearsal, language: Language = "en") -> str:
    """A line a step, then a line a stage with its checks, then what was found."""
    lines = [tuple(each.of(language) for each in HEADS), *(_cells(found, step, language) for step in found.steps)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADS))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    text += [_checks(each, language) for each in found.judged.values()]
    findings = found.findings()
    text += [f"  {each}" for each in findings[:SHOWN]]
    if len(findings) > SHOWN:
        text.append(MORE.of(language).format(len(findings) - SHOWN))
    if found.stopped and len(found.judged) > 0:
        text.append(TURNED_BACK.of(language) + "; ".join(map(str, found.stopped[:5])))
    if found.error:
        text.append(f"{BROKEN_OFF.of(language)}{found.error}")
    outcome = OUTCOMES[found.outcome()].of(language)
    text.append(END.of(language).format(found.start, found.end, outcome, found.seconds))
    return "\n".join(text)


def _cells(found: Rehearsal, step: StepSeen, language: Language) -> tuple[str, ...]:
    families = [cell for family in FAMILIES for cell in _family(step.stretches, family)]
    lost = sum(each.fate == "lost" for each in step.journeys)
    back = "–" if step.left is None else (DIFFER if step.left else AS_BEFORE).of(language).format(len(step.left))
    return (
        step.name,
        f"{step.converged_s:.1f}",
        *families,
        LOST_OF.of(language).format(lost, len(step.journeys)),
        str(len(step.flapped)),
        back,
        OUTCOMES[step.outcome(found.limits)].of(language),
    )


def _family(stretches: Sequence[Stretch], family: Family) -> tuple[str, str]:
    """The longest outage of any way of a family, and how many packets were lost of how many."""
    mine = [each for each in stretches if each.family == family]
    if not mine:
        return "–", "–"
    return f"{max(each.outage_ms for each in mine):.0f}", f"{sum(each.lost for each in mine)}"


def _checks(judged: Judged, language: Language) -> str:
    counted = Counter(judged.checks.values())
    said = ", ".join(f"{number} {OUTCOMES[outcome].of(language)}" for outcome, number in counted.items())
    return CHECKS.of(language).format(judged.stage, said or NO_CHECKS.of(language), judged.seconds)


def as_data(found: Rehearsal) -> dict[str, Any]:
    """For other programs, and for a report later on: stage → check → outcome under ``stages``."""
    return {
        "lab": found.lab,
        "from": found.start,
        "to": found.end,
        "outcome": found.outcome(),
        "seconds": round(found.seconds, 2),
        "error": str(found.error) if found.error else None,
        "turned_back": [str(each) for each in found.stopped],
        "limits": asdict(found.limits),
        "findings": list(found.findings()),
        "stages": {stage: _stage(each) for stage, each in found.judged.items()},
        "steps": [_step(found, each) for each in found.steps],
    }


def _stage(judged: Judged) -> dict[str, Any]:
    return {
        "seconds": round(judged.seconds, 2),
        "checks": judged.checks,
        "findings": {each.check: list(each.findings) for each in judged.verdicts if each.findings},
        "hashes": dict(judged.verdicts[0].subject) if judged.verdicts else {},
        "verdicts": [each.as_data() for each in judged.verdicts],
    }


def _step(found: Rehearsal, step: StepSeen) -> dict[str, Any]:
    return {
        "from": step.old,
        "to": step.new,
        "outcome": step.outcome(found.limits),
        "laid_s": round(step.laid_s, 2),
        "converged_s": round(step.converged_s, 2),
        "sub_actions": [{"name": name, "at_s": round(at - step.began, 3)} for name, at in step.actions],
        "convergence": [_stretch(each, step.began) for each in step.stretches],
        "not_proven": list(step.unproven),
        "journeys": {
            "rounds": step.rounds,
            "made": len(step.journeys),
            "lost": [each.as_data() for each in step.journeys if each.fate == "lost"],
            "not_measured": [each.as_data() for each in step.journeys if each.fate == "not measured"],
            "fates": _fates(step),
        },
        "sessions_flapped": _texts(step.flapped),
        "published_unserved": _texts(step.unserved),
        "looks_at_names": step.looks,
        "looks_without_answer": step.blind,
        "checks_before": _outcomes(found, step.old),
        "checks_after": _outcomes(found, step.new),
        "rolled_back_to_equal": None if step.left is None else not step.left,
        "not_as_before": _texts(step.left or ()),
        "findings": _texts(step.findings(found.limits)),
    }


def _stretch(each: Stretch, began: float) -> dict[str, Any]:
    return {
        "flow": each.flow,
        "family": each.family,
        "direction": each.direction,
        "sent": each.sent,
        "lost": each.lost,
        "lost_percent": round(each.lost_percent, 3),
        "loss_ms": each.outage_ms,
        "loss_at_s": None if each.at is None else round(each.at - began, 3),
    }


def _fates(step: StepSeen) -> list[dict[str, Any]]:
    """How often each journey of each host came to each end, in all rounds of the step."""
    counted: dict[tuple[str, str, str], Counter[str]] = {}
    for each in step.journeys:
        counted.setdefault((each.journey, each.host, each.manner), Counter())[each.fate] += 1
    return [
        {"journey": journey, "host": host, "manner": manner, "fates": dict(fates)}
        for (journey, host, manner), fates in counted.items()
    ]


def _outcomes(found: Rehearsal, stage: str) -> dict[str, str] | None:
    """What the checks said at a stage when the lab first came there; on the way back the state is compared instead."""
    judged = found.judged.get(stage)
    return dict(judged.checks) if judged else None


def _texts(each: Iterable[object]) -> list[str]:
    return [str(one) for one in each]
