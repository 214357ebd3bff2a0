"""From topology and plan to what is drawn. Pure: the same topology, plan and stages give the same drawing."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from harness.errors import WrongInput
from harness.language import Language
from harness.plan.model import Plan, Stage
from harness.report.drawing.lives import Moment, Ports
from harness.report.drawing.model import Drawing, Link, Node, Subnet, link_id, node_id
from harness.report.drawing.places import Places, kind, subnet_id
from harness.report.drawing.words import WORDS, Words
from harness.topology.model import Link as Wire
from harness.topology.model import NodeSpec, Topology


def picture(
    topology: Topology, plan: Plan, stage: str, against: str | None = None, language: Language = "vi"
) -> Drawing:
    """The network at a stage. ``against`` is the stage that changes are marked against; ``None``: the one before it.

    The first stage has none before it, and marks nothing. Raises ``WrongInput`` for a stage that the plan has not.
    """
    moment = Moment(_known(plan, stage, "--stage"), before(plan, stage) if against is None else against)
    if moment.against is not None:
        _known(plan, moment.against, "--against")
    painter = _Painter(plan, Ports.of(plan), Places.of(plan), moment)
    words = WORDS[language]
    nodes = {name: painter.node(spec) for name, spec in topology.nodes.items()}
    drawing = Drawing(
        title=words.network.format(topology.name),
        subtitle=_subtitle(plan, moment, words),
        against=moment.against,
        words=words,
        zones=painter.places.zones(topology.nodes),
        subnets=painter.subnets(topology),
        nodes=tuple(nodes.values()),
        links=tuple(painter.link(wire, nodes) for wire in topology.links),
    )
    if drawing.against is None or drawing.changed():
        return drawing
    return replace(drawing, subtitle=f"{drawing.subtitle}. {words.no_changes}")


def before(plan: Plan, stage: str) -> str | None:
    """The stage before a stage; ``None`` for the first."""
    names = plan.stage_names()
    index = names.index(stage)
    return names[index - 1] if index else None


def _known(plan: Plan, stage: str, option: str) -> str:
    if stage not in plan.stage_names():
        raise WrongInput(f"there is no stage {stage!r}", where=option, hint="stages: " + ", ".join(plan.stage_names()))
    return stage


def _subtitle(plan: Plan, moment: Moment, words: Words) -> str:
    stage: Stage = next(each for each in plan.stages if each.name == moment.stage)
    said = words.stage.format(stage.name, stage.vi if words.language == "vi" else stage.en)
    return said if moment.against is None else f"{said} ({words.against.format(moment.against)})"


class _Painter:
    """What ``picture`` needs for each thing that it draws."""

    def __init__(self, plan: Plan, ports: Ports, places: Places, moment: Moment) -> None:
        self.plan, self.ports, self.places, self.moment = plan, ports, places, moment

    def node(self, spec: NodeSpec) -> Node:
        """A node of the topology."""
        name = spec.name
        return Node(
            id=node_id(name),
            name=name,
            kind=kind(spec),
            role=spec.role,
            column=self.places.column(name, spec.role),
            families=self.ports.life(partial(self.ports.node, name), self.moment),
            zone=self.places.zone(name),
            subnet=self.places.subnet(name),
        )

    def link(self, wire: Wire, nodes: dict[str, Node]) -> Link:
        """A link of the topology, its left end first."""
        left, right = sorted(wire.ends, key=lambda end: nodes[end.node].column)
        a, b = nodes[left.node], nodes[right.node]
        spoken = a.subnet is None and b.subnet is None
        lan = spoken and "switch" in (a.kind, b.kind)
        return Link(
            id=link_id((end.node, end.port) for end in wire.ends),
            a=a.id,
            b=b.id,
            ends=(str(left), str(right)),
            families=self.ports.life(partial(self.ports.link, wire), self.moment),
            label=next((end.port for end in wire.ends if nodes[end.node].kind != "switch"), "") if lan else "",
            level=a.column == b.column,
            spoken=spoken,
        )

    def subnets(self, topology: Topology) -> tuple[Subnet, ...]:
        """The LANs behind a switch of the topology, where the switch is."""
        return tuple(
            Subnet(
                id=subnet_id(lan.name),
                name=lan.name,
                title=lan.title,
                zone=zone,
                families=self.ports.life(partial(self.ports.lan, lan), self.moment),
            )
            for lan in self.plan.lans.values()
            if lan.switch and lan.switch in topology.nodes and (zone := self.places.zone(lan.switch))
        )
