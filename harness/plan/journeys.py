"""What people do with the network: ``configs/journeys.yml`` as types, and in which ways a stage offers each to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.plan import derive
from harness.plan.model import Family, Plan, Span
from harness.plan.section import Section, read_sections
from harness.plan.since import SPAN_KEYS, spans

Manner = Literal[4, 6, "either"]
"""How a journey is made: in one family, or as a browser does: whichever works, IPv6 first."""

WORDS: Mapping[str, frozenset[str]] = {
    "resolve": frozenset(),
    "open": frozenset({"path", "at", "tls"}),
    "file": frozenset({"mib"}),
    "read": frozenset(),
    "send": frozenset(),
    "bring": frozenset({"from"}),
    "receive": frozenset(),
    "delivered": frozenset({"to"}),
}
"""Kind of step → what may be said about it beside its object."""

NODES: frozenset[str] = frozenset({"at", "from", "to"})
"""Words that name a node."""

MAIL_KINDS = ("send", "bring", "receive")
"""Steps at the province's mail server, whatever their object."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``object`` is what the kind is about, ``words`` what is said beside it."""

    kind: str
    object: str
    words: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.kind} {self.object}"


@dataclass(frozen=True, slots=True)
class People:
    """A group of people and the hosts that they sit at."""

    name: str
    vi: str
    en: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Journey:
    """Something that people do. ``spans`` is empty where the plan alone tells when a family is offered."""

    name: str
    vi: str
    en: str
    hosts: tuple[str, ...]
    steps: tuple[Step, ...]
    spans: Mapping[Family, Span]


def load(path: Path, plan: Plan) -> tuple[Journey, ...]:
    """Read the journeys. Raises ``WrongInput`` with file, line and key for what cannot be understood."""
    root = read_sections(path)
    root.only({"people", "journeys"})
    hosts = {host for lan in plan.lans.values() for host in lan.hosts}
    people = {name: _people(name, entry, hosts) for name, entry in root.items("people")}
    return tuple(_journey(name, entry, people, plan) for name, entry in root.items("journeys"))


def _people(name: str, entry: Section, hosts: set[str]) -> People:
    entry.only({"vi", "en", "hosts"})
    sits = tuple(each.one_of(sorted(hosts)) for each in entry.list("hosts"))
    return People(name, entry.text("vi"), entry.text("en"), sits)


def _journey(name: str, entry: Section, people: Mapping[str, People], plan: Plan) -> Journey:
    entry.only({"vi", "en", "who", "does"} | SPAN_KEYS)
    groups = [people[each.one_of(people)] for each in entry.list("who")]
    steps = tuple(_step(each, plan) for each in entry.list("does"))
    if not groups or not steps:
        raise entry.wrong("somebody must do something", "write `who:` and `does:`, a list each")
    return Journey(
        name,
        entry.text("vi"),
        entry.text("en"),
        tuple(dict.fromkeys(host for group in groups for host in group.hosts)),
        steps,
        spans(entry, plan.stage_names()),
    )


def _step(entry: Section, plan: Plan) -> Step:
    words = {key: child.as_text() for key, child in entry.children()}
    kinds = [key for key in words if key in WORDS]
    if len(kinds) != 1:
        raise entry.wrong("no single kind of step", "say one of: " + ", ".join(WORDS))
    kind = kinds[0]
    entry.only({kind, *WORDS[kind]})
    for word in NODES & words.keys():
        entry.child(word).one_of(derive.nodes(plan))
    if "mib" in words:
        entry.child("mib").as_int()
    place = words.pop(kind)
    if kind in ("open", "resolve", "file", "read") and "." not in place:
        entry.child(kind).one_of([each.name for each in plan.services if each.names])
    return Step(kind, place, words)


def manners(plan: Plan, journey: Journey, host: str, stage: str) -> tuple[Manner, ...]:
    """How a host makes a journey at a stage: in each of its families that is offered, and if it has two, as a browser
    does. Nothing where no family is offered."""
    has = derive.families_of(plan, host, stage)
    offered = tuple(family for family in has if _offered(plan, journey, host, family, stage))
    return (*offered, "either") if offered and len(has) > 1 else offered


def _offered(plan: Plan, journey: Journey, host: str, family: Family, stage: str) -> bool:
    return _served(plan, journey, family, stage) or (
        family == 6 and _translated(plan, host, stage) and _served(plan, journey, 4, stage)
    )


def _served(plan: Plan, journey: Journey, family: Family, stage: str) -> bool:
    if journey.spans and not derive.on(plan, journey.spans.get(family), stage):
        return False
    return all(family in derive.families_of(plan, node, stage) for node in _servers(plan, journey))


def _servers(plan: Plan, journey: Journey) -> set[str]:
    """The nodes of the plan that a journey needs; names are resolved in whichever family the host can."""
    found = set()
    for step in journey.steps:
        name = "mail" if step.kind in MAIL_KINDS else step.object
        found |= {each.node for each in plan.services if each.name == name}
        if "at" in step.words:
            found.add(step.words["at"])
    return found


def _translated(plan: Plan, host: str, stage: str) -> bool:
    lan = derive.lan_of(plan, host)
    translator = derive.nat64_of(plan, lan) if lan and derive.translated(plan, lan, stage) else None
    return translator is not None and derive.translates(plan, translator, stage)


def families_in(manner: Manner) -> tuple[Family, ...]:
    """The families to be tried, in order: IPv6 first (RFC 6724, RFC 8305)."""
    return (6, 4) if manner == "either" else (manner,)
