"""How large things are drawn, estimated from their text alone: no font is measured, so every machine lays out alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from harness.report.drawing.model import Drawing, FamilyState, Kind, Link, Node, Subnet, Zone

NAME, TITLE, SMALL, MEANING, HEADING, SUBHEADING = 14.0, 17.0, 11.0, 14.0, 30.0, 21.0
"""Sizes of text: a node's name, a zone's title, badges and labels, the legend, the drawing's title and subtitle."""

ROUND: tuple[Kind, ...] = ("router", "translator")
ROUND_END = 14.0
"""Kinds whose shape has no corners, and what they need more."""

NODE_HEIGHT, ICON, BADGE_HEIGHT, BADGE_GAP = 42.0, 18.0, 15.0, 3.0
PAD, LABEL_GAP = 8.0, 6.0
ZONE_TITLE_HEIGHT, SUBNET_TITLE_HEIGHT, LABEL_HEIGHT = 23.0, 18.0, 15.6
_WIDEST: tuple[FamilyState, ...] = (FamilyState(4, "new"), FamilyState(6, "later", "00"))
"""Badges take this much room at any stage, so that a node is where it is in the drawings of all stages."""
_MOST_CHANGED: tuple[FamilyState, ...] = (FamilyState(4, "gone"), FamilyState(6, "new"))


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height, in the drawing's units (points)."""

    width: float
    height: float


def text(words: str, size: float, weight: Literal["normal", "bold"] = "normal") -> float:
    """The width of a line of text: generous, for the reader's font is not known."""
    return len(words) * size * (0.69 if weight == "bold" else 0.6)


def badge(state: FamilyState) -> float:
    """The width of a family's badge; none where there is nothing to say."""
    return text(state.label, SMALL, "bold") + 7 if state.label else 0.0


def badges(states: tuple[FamilyState, ...]) -> float:
    """The width of the badges side by side."""
    widths = [badge(state) for state in states if state.label]
    return sum(widths) + BADGE_GAP * max(len(widths) - 1, 0)


def nodes(drawing: Drawing) -> Mapping[str, Size]:
    """The nodes, by id: icon on the left, name over badges. Those that stand in one column of a zone are equally wide."""
    widest: dict[object, float] = {}
    for each in drawing.nodes:
        widest[_standing(each)] = max(widest.get(_standing(each), 0.0), _width(each))
    return {each.id: Size(widest[_standing(each)], NODE_HEIGHT) for each in drawing.nodes}


def _standing(node: Node) -> object:
    return node.zone, node.column


def _width(node: Node) -> float:
    inside = PAD + ICON + 5 + max(text(node.name, NAME, "bold"), badges(_WIDEST)) + PAD
    return inside + (ROUND_END if node.kind in ROUND else 0)


def zone(what: Zone) -> Size:
    """The title of a zone."""
    return Size(text(what.title, TITLE, "bold") + PAD, ZONE_TITLE_HEIGHT)


def subnet(what: Subnet) -> Size:
    """The title of a LAN: its name, and its badges."""
    return Size(text(what.name, SMALL, "bold") + 10 + badges(_WIDEST), SUBNET_TITLE_HEIGHT)


def label(what: Link) -> Size:
    """The label of a link: a LAN's port, and what comes or goes."""
    wide = text(what.label, SMALL) + LABEL_GAP if what.label else 0.0
    return Size(wide + badges(_MOST_CHANGED), LABEL_HEIGHT)


def heading(what: Drawing) -> Size:
    """Title and subtitle over the drawing."""
    width = max(text(what.title, HEADING, "bold"), text(what.subtitle, SUBHEADING))
    return Size(width, HEADING + SUBHEADING + 22)
