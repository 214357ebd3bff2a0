"""The charts of a report in one language: which data go into which chart."""

from __future__ import annotations

from harness.report import measures
from harness.report.charts.distribution import Sample, distribution
from harness.report.charts.outages import Outage, outages
from harness.report.charts.stacked import Bar, stacked
from harness.report.charts.timeline import Loss, timeline
from harness.report.checked import STATES as CHECK_STATES
from harness.report.checked import StageChecked
from harness.report.made.drill import Drill
from harness.report.made.rehearsal import Rehearsal, Step
from harness.report.readiness import STATES as READY_STATES
from harness.report.readiness import Row
from harness.report.words import Words

GREEN_FIRST = ("pass", *(each for each in CHECK_STATES if each != "pass"))


def checks(stage: StageChecked, say: Words) -> str:
    """What became of the requirements of a stage, a bar a group."""
    bars = [
        Bar(say(f"group.{group}"), stage.counts(group), say.percent(stage.counts(group).get("pass", 0), len(some)))
        for group, some in stage.groups.items()
    ]
    return stacked(bars, {each: say(f"state.{each}") for each in GREEN_FIRST}, _salt(say, "checks", stage.stage))


def ready(rows: tuple[Row, ...], way: str, what: str, say: Words) -> str:
    """Readiness, a bar an agency or a service."""
    bars = [
        Bar(row.title.of(say.language), row.counts, say.percent(row.counts.get("ready", 0), row.whole))  # type: ignore[arg-type]
        for row in rows
    ]
    return stacked(bars, {each: say(f"ready.{way}.{each}") for each in READY_STATES}, _salt(say, what, way))


def step(one: Step, number: str, say: Words) -> str:
    """A step in time."""
    losses = [Loss(each.family, each.at_s, each.ms) for each in one.ways if each.at_s is not None]
    return timeline(
        one.actions,
        losses,
        one.seconds,
        sorted({each.family for each in one.ways}),
        {"axis": say("chart.since"), "none": say("chart.no-loss"), "unmeasured": say("chart.unmeasured")},
        _salt(say, "step", number),
    )


def rehearsal(found: Rehearsal, number: object, say: Words) -> str:
    """The outages of all steps."""
    steps = [Outage(f"{each.old} →\n{each.new}", {family: each.worst_ms(family) for family in (4, 6)}) for each in found.steps]  # fmt: skip
    words = {
        "axis": say("chart.longest"),
        "target": say("chart.target", ms=round(found.gap_ms)),
        "unmeasured": say("chart.unmeasured"),
    }
    return outages(steps, found.gap_ms, words, _salt(say, "outages", str(number)))


def drill(found: Drill, number: int, say: Words) -> str:
    """All repetitions of a drill."""
    samples = [
        Sample(
            measures.title(each).of(say.language),
            {"IPv4": 4, "IPv6": 6}.get(each.family, 0),
            each.known,
            len(each.values) - len(each.known),
            each.median_ms,
            each.target_ms,
        )
        for each in found.spreads
    ]
    words = {name: say(f"chart.{name}") for name in ("one", "median")}
    words |= {"axis": say("chart.ms"), "target": say("chart.most"), "never": say("chart.never", n="{n}")}
    return distribution(samples, words, _salt(say, "drill", str(number)))


def _salt(say: Words, *parts: str) -> str:
    """Ids of a chart are its own, in either language."""
    return "-".join((say.language, *parts)).replace(" ", "-")
