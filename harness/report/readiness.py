"""How ready agencies and services are, counted in what people do; never a percentage without what it is of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.language import Text
from harness.plan import derive
from harness.plan.model import Plan
from harness.report.basis import Basis, Indicator
from harness.report.checked import Checked, StageChecked
from harness.report.collect import Found

State = Literal["ready", "lost", "absent", "unknown"]
STATES: tuple[State, ...] = ("ready", "lost", "absent", "unknown")
"""Done over IPv6 (or without IPv4); lost; not offered over IPv6; not measured. Only the first counts as ready, and all are
in the denominator."""
LABEL = "SVC-14"
"""The requirement that stands for the label "IPv6 Ready"."""
CITIZENS = Text("Người dân, doanh nghiệp (mạng của nhà cung cấp)", "Citizens and businesses (networks of the ISPs)")
FATES: Mapping[str, State] = {"done": "ready", "lost": "lost", "not measured": "unknown"}


@dataclass(frozen=True, slots=True)
class Row:
    """Journeys of one agency or one service by what became of them."""

    title: Text
    counts: Mapping[State, int]

    @property
    def whole(self) -> int:
        """All of them, measured or not."""
        return sum(self.counts.values())

    @property
    def unknown(self) -> int:
        """Those that could not be measured."""
        return self.counts.get("unknown", 0)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Readiness by agency and by service. ``way`` is what was counted: journeys over IPv6, or without IPv4; ``kind``
    the command that made them, ``stage`` where the lab stood."""

    way: Literal["ipv6", "without-ipv4"]
    kind: str
    at: str
    stage: str
    agencies: tuple[Row, ...]
    services: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """A service in the eyes of the label and of the national programme. ``label`` is the outcome of its label class,
    ``None`` where it is none; ``checks`` are its requirements."""

    indicator: Indicator
    label: str | None
    checks: tuple[Checked, ...]


def latest(found: Sequence[Found]) -> tuple[Readiness, ...]:
    """Over IPv6, and without IPv4: each from the newest result that has journeys of that way."""
    ways: dict[str, Readiness] = {}
    for each in found:
        for one in _of(each):
            ways[one.way] = one
    return tuple(ways.values())


def _of(each: Found) -> Iterable[Readiness]:
    kept, basis = each.kept, each.basis
    if kept.kind == "ipv4-off":
        states = [state for site in kept.data["sites"] for state in site["states"]]
        renamed: Mapping[str, State] = {"ready": "ready", "needs": "lost", "unknown": "unknown"}
        pairs: dict[tuple[str, str], State] = {(journey, host): renamed[state] for journey, host, state in states}
        if pairs:
            yield _counted("without-ipv4", each, kept.stage, pairs, basis)
    elif made := _journeys(each):
        stage, outcomes = made
        if pairs := over_ipv6(outcomes, basis.plan):
            yield _counted("ipv6", each, stage, pairs, basis)


def _journeys(each: Found) -> tuple[str, Sequence[Mapping[str, Any]]] | None:
    """What became of journeys, and at which stage they were made."""
    kept = each.kept
    if kept.kind in ("journeys", "verify"):
        return kept.stage, kept.data["journeys"]
    if kept.kind != "rehearsal":
        return None
    order = each.basis.stage_names()
    steps = [step for step in kept.data["steps"] if step["journeys"].get("fates")]
    if not steps:
        return None
    # In a step people do what they did at the stage that is left: the latest stage tells most.
    last = max(steps, key=lambda step: order.index(step["from"]) if step["from"] in order else -1)
    return last["from"], [
        {**entry, "fate": max(entry["fates"], key=("done", "not measured", "lost").index)}
        for entry in last["journeys"]["fates"]
    ]


def over_ipv6(outcomes: Iterable[Mapping[str, Any]], plan: Plan | None) -> dict[tuple[str, str], State]:
    """(journey, host) → how it went over IPv6. A journey that the stage offers in IPv4 alone is absent, and not ready;
    hosts that will never have IPv6 are nobody's readiness."""
    found: dict[tuple[str, str], State] = {}
    for each in outcomes:
        if plan and not any(6 in derive.families_of(plan, each["host"], stage) for stage in plan.stage_names()):
            continue
        key = each["journey"], each["host"]
        if each["manner"] == "IPv6":
            found[key] = FATES.get(each["fate"], "unknown")
        else:
            found.setdefault(key, "absent")
    return found


def _counted(
    way: Literal["ipv6", "without-ipv4"],
    each: Found,
    stage: str,
    pairs: Mapping[tuple[str, str], State],
    basis: Basis,
) -> Readiness:
    services = [(indicator.title, indicator.journeys) for indicator in basis.indicators if indicator.journeys]
    known = {name for _, names in services for name in names}
    services += [(Text(name, name), (name,)) for name, _ in pairs if name not in known]
    return Readiness(
        way,
        each.kept.kind,
        each.kept.at,
        stage,
        _rows(pairs, lambda _, host: _agency(basis.plan, host)),
        tuple(
            row
            for title, names in dict(services).items()
            for row in _rows(pairs, lambda journey, _, t=title, some=names: t if journey in some else None)  # type: ignore[misc]
        ),
    )


def _rows(pairs: Mapping[tuple[str, str], State], title: Callable[[str, str], Text | None]) -> tuple[Row, ...]:
    found: dict[Text, Counter[State]] = {}
    for (journey, host), state in pairs.items():
        if (name := title(journey, host)) is not None:
            found.setdefault(name, Counter())[state] += 1
    return tuple(Row(name, counts) for name, counts in found.items())


def _agency(plan: Plan | None, host: str) -> Text:
    lan = derive.lan_of(plan, host) if plan else None
    if plan is None or lan is None:
        return Text(host, host)
    if not derive.is_own(plan, lan.site):
        return CITIZENS
    site = plan.sites[lan.site].title
    return Text(site, site)


def services(basis: Basis, stage: StageChecked | None) -> tuple[Service, ...]:
    """Every service with the outcome of its label class and its requirements at a stage."""
    checked = {each.requirement.id: each for each in stage.all} if stage else {}
    return tuple(
        Service(
            each,
            _label(basis, each, checked.get(LABEL)) if each.label else None,
            tuple(checked.get(check) or Checked(basis.requirement(check)) for check in each.checks),
        )
        for each in basis.indicators
    )


def _label(basis: Basis, indicator: Indicator, checked: Checked | None) -> str:
    """The outcome of one class: where the requirement fails, the classes whose sites it names do."""
    if checked is None or checked.state != "fail" or basis.plan is None:
        return checked.state if checked else "unasked"
    sites = {
        f"{name}.{basis.plan.domain}".lstrip(".")
        for each in basis.plan.services
        if each.name in indicator.label
        for name in each.names
    }
    red = (line for each in checked.points if each.outcome == "fail" for line in each.findings)
    named = {line.partition(":")[0].strip() for line in red}
    every = {f"{name}.{basis.plan.domain}".lstrip(".") for each in basis.plan.services for name in each.names}
    if not named <= every:  # it says something else than which sites are wrong: then of none is known that it is right
        return "fail"
    dark = any(each.outcome in ("error", "skip") for each in checked.points)
    return "fail" if named & sites else "error" if dark else "pass"
