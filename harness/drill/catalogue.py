"""The drills: ``configs/drills/<ID>.yml``, each read with one clear message for what is wrong in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.drill.breaking import Breaking, read_breaking, together
from harness.drill.failover import Notice, Scenario
from harness.drill.flows import Place, between
from harness.errors import WrongInput
from harness.lab.lab import Lab
from harness.plan.model import FAMILIES, Family, Plan
from harness.plan.section import Section, read_sections
from harness.probe.adjacency_watch import Protocol

KEYS = ("id", "vi", "en", "expect", "from", "break", "families", "crosses", "leaves_to", "directions", "flows", "notice", "targets", "source")  # fmt: skip
PROTOCOLS: Mapping[str, Protocol] = {"bfd": "bfd", "bgp": "bgp", "ospf": "ospf"}
DIRECTIONS: Mapping[str, bool] = {"outbound": True, "inbound": False}
TARGETS = ("outage_ms", "detection_s", "failback_ms")
REMOTE = "remote_detection_s"
"""Where given: when all but the first router under ``notice`` must have noticed; only the first can see it itself."""


@dataclass(frozen=True, slots=True)
class DrillFile:
    """A drill as it is written. ``since`` is the first stage it makes sense at; ``targets`` name thresholds."""

    id: str
    vi: str
    en: str
    expect: str
    since: str
    breaks: tuple[Breaking, ...]
    families: tuple[Family, ...]
    crosses: tuple[Place, ...]
    leaves_to: tuple[Place, ...]
    directions: tuple[bool, ...]
    flows: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    notice: tuple[tuple[str, Protocol], ...]
    targets: Mapping[str, str]
    source: str

    def scenario(self, lab: Lab, plan: Plan) -> Scenario:
        """What it comes to in a lab. Raises ``WrongInput`` at a stage that is too early."""
        order = plan.stage_names()
        if order.index(lab.stage) < order.index(self.since):
            raise WrongInput(f"drill {self.id} needs stage {self.since} or a later one, and lab {lab.name} is at {lab.stage}", where="v6lab drill", hint=f"v6lab up --stage {self.since}")  # fmt: skip
        fault = together(lab, self.breaks)
        chosen = tuple(flow for pair in self.flows for flow in between(lab, plan, *pair))
        broken = tuple(each for each in self.families if any(flow.family == each for flow in chosen))
        notice: tuple[Notice, ...] = tuple((*each, family) for each in self.notice for family in broken)
        renews = any(each.kind == "killed" for each in self.breaks)
        return Scenario(
            str(fault), fault, chosen, broken, self.directions, self.crosses, self.leaves_to, (), notice, renews
        )


def read_all(directory: Path, stages: Collection[str], targets: Collection[str]) -> dict[str, DrillFile]:
    """All drills by id. Raises ``WrongInput`` for the first file that is wrong."""
    return {file.stem: read(file, stages, targets) for file in sorted(directory.glob("*.yml"))}


def read(file: Path, stages: Collection[str], targets: Collection[str]) -> DrillFile:
    """One drill; ``stages`` and ``targets`` are those that there are."""
    root = read_sections(file)
    root.only(KEYS)
    if root.text("id") != file.stem:
        raise root.child("id").wrong(f"{root.text('id')!r} is not the file's name", f"write {file.stem}, or rename it")
    since = root.child("from")
    return DrillFile(
        id=file.stem,
        vi=root.text("vi"),
        en=root.text("en"),
        expect=root.text("expect"),
        since=since.one_of(stages, "stage"),
        breaks=tuple(read_breaking(each) for each in root.filled("break")),
        families=tuple(each for each in FAMILIES if each in _families(root)),
        crosses=tuple(_place(each) for each in root.filled("crosses")),
        leaves_to=tuple(_place(each) for each in root.filled("leaves_to")),
        directions=tuple(DIRECTIONS[each.one_of(DIRECTIONS, "direction")] for each in root.filled("directions")),
        flows=tuple(_pair(each) for each in root.filled("flows")),
        notice=tuple(
            (router, PROTOCOLS[each.one_of(PROTOCOLS, "protocol")])
            for router, _ in root.child("notice").children()
            for each in root.child("notice").list(router)
        ),
        targets=_targets(root.child("targets"), targets),
        source=root.text("source"),
    )


def _families(root: Section) -> set[int]:
    found = {each.as_int() for each in root.filled("families")}
    if not found <= {4, 6}:
        raise root.child("families").wrong("there are families 4 and 6 only", "write [4, 6], [4] or [6]")
    return found


def _texts(section: Section, key: str) -> tuple[str, ...]:
    return tuple(each.as_text() for each in section.filled(key))


def _place(section: Section) -> Place:
    node, colon, port = section.as_text().partition(":")
    if not (node and colon and port):
        raise section.wrong(f"{section.as_text()!r} is no interface", "write NODE:INTERFACE")
    return node, port


def _pair(section: Section) -> tuple[tuple[str, ...], tuple[str, ...]]:
    section.only(("between", "and"))
    return _texts(section, "between"), _texts(section, "and")


def _targets(section: Section, targets: Collection[str]) -> dict[str, str]:
    section.only((*TARGETS, REMOTE))
    wanted = (*TARGETS, REMOTE) if REMOTE in section else TARGETS
    return {key: section.child(key).one_of(targets, "target") for key in wanted}
