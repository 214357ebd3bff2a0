"""The estate as the report draws it: the network at a stage, with what is red, and what could not be measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.errors import HarnessError
from harness.language import Language
from harness.report.drawing.graphviz import laid_out
from harness.report.drawing.model import Condition, State, node_id
from harness.report.drawing.picture import picture
from harness.report.drawing.svg import svg
from harness.report.made.gate import Gate
from harness.report.report import Report

_ID = re.compile(r' id="')


@dataclass(frozen=True, slots=True)
class Estate:
    """The drawing as SVG; empty with ``why`` where it could not be made. ``states``: node → why it is marked."""

    svg: str
    why: str
    states: Mapping[str, State]


def estate(report: Report, language: Language) -> Estate | None:
    """The drawing of the report's stage; ``None`` for a network that no plan describes."""
    plan, topology = report.basis.plan, report.basis.topology
    if plan is None or topology is None or report.stage not in plan.stage_names():
        return None
    states = marked(report, tuple(topology.nodes))
    try:
        drawing = picture(topology, plan, report.stage, None, language)
        drawn = svg(drawing, laid_out(drawing), {node_id(name): state for name, state in states.items()})
    except HarnessError as error:
        return Estate("", str(error), states)
    # Both languages may stand in one page: ids must not.
    return Estate(_ID.sub(f' id="{language}-', drawn), "", states)


def marked(report: Report, nodes: tuple[str, ...]) -> dict[str, State]:
    """The nodes that findings name: red where a judge said fail, unknown where it could not be measured."""
    if not nodes:
        return {}
    longest_first = "|".join(re.escape(each) for each in sorted(nodes, key=len, reverse=True))
    named = re.compile(rf"(?<![\w.-])(?:{longest_first})(?![\w-])")
    found: dict[str, State] = {}
    for condition, check, line in _lines(report):
        for name in dict.fromkeys(named.findall(line)):
            if name not in found or (found[name].condition != "bad" and condition == "bad"):
                found[name] = State(condition, f"{check}: {line}")
    return found


def _lines(report: Report) -> Iterator[tuple[Condition, str, str]]:
    """Findings of the stage that is drawn, and of the gate there."""
    points = [
        point for stage in report.stages if stage.stage == report.stage for each in stage.all for point in each.points
    ]
    points += [point for gate in report.of(Gate) if gate.stage == report.stage for point in gate.verdicts]
    for point in points:
        if point.outcome in ("fail", "error"):
            for line in point.findings:
                yield "bad" if point.outcome == "fail" else "unknown", point.check, line
