"""What the repetitions of a drill come to: median and worst of each measure against its target. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from harness.drill.failover import Drill
from harness.drill.kinds import Measure
from harness.language import Language, Text
from harness.verdict.outage import Phase, Way

OUTAGE, FAILBACK, UNTOUCHED, DETECTION = "convergence", "fail-back", "untouched", "detection"
HEADS = (
    Text("số đo", "measure"),
    Text("họ", "family"),
    Text("chiều", "direction"),
    Text("n", "n"),
    Text("trung vị ms", "median ms"),
    Text("xấu nhất ms", "worst ms"),
    Text("ngưỡng ms", "target ms"),
    Text("", ""),
)
WORDS = {
    OUTAGE: Text("gián đoạn", OUTAGE),
    FAILBACK: Text("khi trở về", FAILBACK),
    UNTOUCHED: Text("không liên quan", UNTOUCHED),
    DETECTION: Text("phát hiện", DETECTION),
    "answer": Text("trả lời", "answer"),
    "lost": Text("mất gói", "lost"),
    "outbound": Text("đi", "outbound"),
    "inbound": Text("về", "inbound"),
}
MET, MISSED, NEVER = Text("đạt", "ok"), Text("KHÔNG ĐẠT", "MISSED"), Text("không bao giờ", "never")
TARGET_OF: dict[str, str] = {OUTAGE: "outage_ms", FAILBACK: "failback_ms", DETECTION: "detection_s"}


@dataclass(frozen=True, slots=True)
class Row:
    """A measure over all repetitions, in ms; ``None``: at least once it never came about."""

    measure: str
    family: str
    direction: str
    repetitions: int
    median_ms: float | None
    worst_ms: float | None
    target_ms: float

    @property
    def met(self) -> bool:
        """Whether the worst is within the target."""
        return self.worst_ms is not None and self.worst_ms <= self.target_ms


def measured(drill: Drill) -> dict[Measure, float | None]:
    """The worst way of each family and direction in ms, and when each router noticed."""
    found: dict[Measure, float | None] = {}
    for each in drill.noticed:
        key = (f"{DETECTION} {each.protocol} {each.router}", f"IPv{each.family}", "")
        found[key] = None if each.seconds is None else round(each.seconds * 1000, 1)
    for name, phase in ((OUTAGE, drill.out), (FAILBACK, drill.back), (UNTOUCHED, drill.others)):
        for way, ms in phase.outages().items():
            place = (name, f"IPv{way.family}", way.direction)
            found[place] = max(ms, found.get(place) or 0.0)
    return found


def rows(drills: Sequence[Mapping[Measure, float | None]], target_ms: Callable[[str], float]) -> tuple[Row, ...]:
    """One row a measure, in order of appearance; ``target_ms`` knows the target of each."""
    measures = dict.fromkeys(key for each in drills for key in each)
    return tuple(_row(key, [each[key] for each in drills if key in each], target_ms(key[0])) for key in measures)


def _row(key: Measure, values: Sequence[float | None], target_ms: float) -> Row:
    known = [each for each in values if each is not None]
    # None is the worst there is; where more than half are, so is the median
    ordered = [*known, *[float("inf")] * (len(values) - len(known))]
    middle = median(ordered)
    return Row(
        *key,
        len(values),
        None if middle == float("inf") else round(middle, 1),
        None if len(known) < len(values) else max(known),
        target_ms,
    )


def target_ms(measure: str, keys: Mapping[str, str], targets: Mapping[str, float], remote: Sequence[str] = ()) -> float:
    """The target of a failover's measure. ``keys``: measure's target → its key in ``targets``; ``remote`` are the
    routers that hear of the failure from others, where ``keys`` has a target of their own for them."""
    if measure == UNTOUCHED:
        return 0.0
    what, _, rest = measure.partition(" ")
    name = TARGET_OF[what]
    if what == DETECTION and "remote_detection_s" in keys and rest.rpartition(" ")[2] in remote:
        name = "remote_detection_s"
    return targets[keys[name]] * (1000 if name.endswith("_s") else 1)


def table(found: Sequence[Row], language: Language = "en") -> str:
    """The rows as a table of plain text."""
    lines = [tuple(each.of(language) for each in HEADS), *(_cells(row, language) for row in found)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADS))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if 3 <= column <= 6 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cells(row: Row, language: Language) -> tuple[str, ...]:
    what, _, rest = row.measure.partition(" ")
    return (
        f"{_word(what, language)} {rest}".strip(),
        row.family,
        _word(row.direction, language),
        str(row.repetitions),
        _ms(row.median_ms, language),
        _ms(row.worst_ms, language),
        _ms(row.target_ms, language),
        (MET if row.met else MISSED).of(language),
    )


def _word(word: str, language: Language) -> str:
    """A word of a measure as a person reads it; names and numbers are the same in both languages."""
    return WORDS[word].of(language) if word in WORDS else word


def _ms(value: float | None, language: Language) -> str:
    return NEVER.of(language) if value is None else f"{value:.0f}"


def as_data(drill: Drill) -> dict[str, Any]:
    """One repetition for other programs, in the terms of RFC 7747: failure event, detection, convergence."""
    return {
        "failure_event": {"what": drill.fault, "at": round(drill.failed, 4)},
        "detection": [
            {"router": each.router, "protocol": each.protocol, "family": each.family, "seconds": each.seconds}
            for each in drill.noticed
        ],
        "crossed": [str(way) for way in drill.out.ways],
        "convergence": _ways(drill.out, drill.failed),
        "untouched": _ways(drill.others, drill.failed),
        "fail_back": _ways(drill.back, drill.back.began),
        "not_back": list(drill.not_back),
        "evidence": list(drill.evidence),
    }


def _ways(phase: Phase, since: float) -> list[dict[str, Any]]:
    return [
        {
            "flow": way.flow,
            "family": way.family,
            "direction": way.direction,
            "loss_ms": ms,
            "answered_again_s": _again(way, phase, since),
        }
        for way, ms in phase.outages().items()
    ]


def _again(way: Way, phase: Phase, since: float) -> float | None:
    """When the first answer after the last loss came, in seconds after ``since``; ``None`` if nothing was lost."""
    ends = [loss.began + loss.ms / 1000 for loss in way.losses if phase.began <= loss.began < phase.ended]
    return round(max(ends) - since, 3) if ends else None


def row_data(row: Row) -> dict[str, Any]:
    """A row for other programs."""
    return {**asdict(row), "met": row.met}
