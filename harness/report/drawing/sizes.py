"""How large things are drawn, estimated from their text alone: no font is measured, so every machine lays out alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.report.drawing.model import Drawing, FamilyState, Link, Node, Subnet, Zone

NAME, TITLE, SMALL, HEADING = 12.0, 13.0, 10.0, 20.0
"""Sizes of text: a node's name, a zone's title, badges and labels, the drawing's title."""

NODE_HEIGHT, ICON, BADGE_HEIGHT, BADGE_GAP = 38.0, 18.0, 14.0, 3.0
PAD = 8.0
ZONE_TITLE_HEIGHT, SUBNET_TITLE_HEIGHT, LABEL_HEIGHT = 20.0, 17.0, 15.0
_WIDEST: tuple[FamilyState, ...] = (FamilyState(4, "new"), FamilyState(6, "later", "00"))
"""Badges take this much room at any stage, so that a node is where it is in the drawings of all stages."""


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height, in the drawing's units (points)."""

    width: float
    height: float


def text(words: str, size: float, weight: Literal["normal", "bold"] = "normal") -> float:
    """The width of a line of text: generous, for the reader's font is not known."""
    return len(words) * size * (0.63 if weight == "bold" else 0.57)


def badge(state: FamilyState) -> float:
    """The width of a family's badge; none where there is nothing to say."""
    return text(state.label, SMALL, "bold") + 7 if state.label else 0.0


def badges(states: tuple[FamilyState, ...]) -> float:
    """The width of the badges side by side."""
    widths = [badge(state) for state in states if state.label]
    return sum(widths) + BADGE_GAP * max(len(widths) - 1, 0)


def node(what: Node) -> Size:
    """A node: icon on the left, name over badges."""
    return Size(PAD + ICON + 5 + max(text(what.name, NAME, "bold"), badges(_WIDEST)) + PAD, NODE_HEIGHT)


def zone(what: Zone) -> Size:
    """The title of a zone."""
    return Size(text(what.title, TITLE, "bold") + PAD, ZONE_TITLE_HEIGHT)


def subnet(what: Subnet) -> Size:
    """The title of a LAN: its name, and its badges."""
    return Size(text(what.name, SMALL, "bold") + 6 + badges(_WIDEST), SUBNET_TITLE_HEIGHT)


def label(what: Link) -> Size:
    """The label of a link: a LAN's port, and what comes or goes."""
    wide = text(what.label, SMALL) + 4 if what.label else 0.0
    return Size(wide + badges(_WIDEST), LABEL_HEIGHT)


def heading(what: Drawing) -> Size:
    """Title and subtitle over the drawing."""
    width = max(text(what.title, HEADING, "bold"), text(what.subtitle, TITLE))
    return Size(width, HEADING + TITLE + 18)
