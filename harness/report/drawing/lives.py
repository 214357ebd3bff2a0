"""Which family is where, at which stage: every port, link, node and LAN of a topology, through all stages of the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from harness.plan import derive, show
from harness.plan.model import FAMILIES, Family, Lan, Plan
from harness.report.drawing.model import Families, FamilyState, Life
from harness.topology.model import Endpoint, Link

On: TypeAlias = frozenset[Family]
NOTHING: On = frozenset()


@dataclass(frozen=True, slots=True)
class Moment:
    """The stage that is drawn, and the one it is compared with; ``None``: with none."""

    stage: str
    against: str | None


@dataclass(frozen=True, slots=True)
class Ports:
    """The families of every planned port at every stage."""

    plan: Plan
    at: Mapping[str, Mapping[tuple[str, str], On]]

    @classmethod
    def of(cls, plan: Plan) -> Ports:
        """All ports of all nodes that the plan knows."""
        nodes = derive.nodes(plan)
        return cls(plan, {stage: _ports(plan, nodes, stage) for stage in plan.stage_names()})

    def link(self, link: Link, stage: str) -> On:
        """What passes a link: the families that both ends have. An end that the plan gives no address (a switch's) has no say."""
        known = [self.at[stage][key] for key in map(_key, link.ends) if key in self.at[stage]]
        return frozenset.intersection(*known) if known else NOTHING

    def node(self, node: str, stage: str) -> On:
        """What a node has an address in, on any port; of a switch, what the LANs on it have."""
        own = [families for (name, _), families in self.at[stage].items() if name == node]
        carried = [self.lan(lan, stage) for lan in self.plan.lans.values() if lan.switch == node]
        return NOTHING.union(*own, *carried)

    def lan(self, lan: Lan, stage: str) -> On:
        """What a LAN has."""
        return frozenset(derive.families(self.plan, lan, stage))

    def life(self, at: Callable[[str], On], moment: Moment) -> Families:
        """How both families of something stand, given what it has at a stage."""
        return tuple(self._life(family, at, moment) for family in FAMILIES)

    def _life(self, family: Family, at: Callable[[str], On], moment: Moment) -> FamilyState:
        now = family in at(moment.stage)
        before = now if moment.against is None else family in at(moment.against)
        if now or before:
            life: Mapping[tuple[bool, bool], Life] = {(True, True): "on", (True, False): "new", (False, True): "gone"}
            return FamilyState(family, life[now, before])
        names = self.plan.stage_names()
        later = names[names.index(moment.stage) + 1 :]
        first = next((stage for stage in later if family in at(stage)), None)
        return FamilyState(family, "later", show.short(self.plan, first)) if first else FamilyState(family, "off")


def _key(end: Endpoint) -> tuple[str, str]:
    return end.node, end.port


def _ports(plan: Plan, nodes: tuple[str, ...], stage: str) -> dict[tuple[str, str], On]:
    return {
        (port.node, port.name): frozenset(port.families) for node in nodes for port in derive.ports(plan, node, stage)
    }
