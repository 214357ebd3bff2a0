"""Pieces of SVG that are drawn in more than one place: text, badges, lines, signs, a node's shape and icon."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from harness.report.drawing import sizes
from harness.report.drawing.layout import Point, beside
from harness.report.drawing.model import Condition, Families, FamilyState, Kind, nothing

SIGNS: Mapping[Condition, str] = {"good": "✓", "bad": "✗", "unknown": "?"}
_APART = 4.0  # between the two strands of a link

_ICONS: Mapping[Kind, str] = {
    "router": "M9 9m-8 0a8 8 0 1 0 16 0a8 8 0 1 0 -16 0M9 8V3.5M7 5l2 -2l2 2M9 10v4.5M7 13l2 2l2 -2M3 9h3.5M5 7.4L6.6 9L5 10.6M15 9h-3.5M13 7.4L11.4 9L13 10.6",
    "firewall": "M1 2h16v14h-16zM1 6.7h16M1 11.3h16M9 2v4.7M5 6.7v4.6M13 6.7v4.6M9 11.3v4.7",
    "switch": "M1 4h16v10h-16zM4 7.4h9M11.4 6l1.6 1.4l-1.6 1.4M14 10.8h-9M6.6 9.4L5 10.8L6.6 12.2",
    "translator": "M1 4h16v10h-16zM3.5 11.5l3 -5l3 5zM11.5 6.5h3.5v5h-3.5z",
    "server": "M3 1h12v16h-12zM3 6.3h12M3 11.6h12M5.5 3.7h2M5.5 9h2M5.5 14.3h2",
    "client": "M1 2.5h16v10h-16zM9 12.5v3M5 15.5h8",
    "handset": "M5 1h8v16h-8zM5 13.5h8M8.5 15.2h1",
}
"""Outlines in a square of 18: arrows in a circle, bricks, arrows in a box, two forms in a box, units, a screen, a telephone."""


def number(value: float) -> str:
    """A coordinate: a tenth is enough, and no figure more than needed."""
    return f"{value:.1f}".removesuffix(".0")


def words(text: str, x: float, y: float, style: str) -> str:
    """A line of text; ``y`` is its base line."""
    return f'<text class="{style}" x="{number(x)}" y="{number(y)}">{escape(text)}</text>'


def rectangle(style: str, x: float, y: float, width: float, height: float, round_: float = 0.0) -> str:
    """A rectangle, by its upper left corner."""
    corner = f' rx="{number(round_)}"' if round_ else ""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect class="{style}" {place}{corner}/>'


def group(identity: str, style: str, inside: list[str], title: str = "", data: Mapping[str, str] | None = None) -> str:
    """A group with an id that stays, classes, and what is told when one points at it."""
    told = [f"<title>{escape(title)}</title>"] if title else []
    extra = "".join(f" data-{key}={quoteattr(value)}" for key, value in (data or {}).items())
    return "\n".join((f"<g id={quoteattr(identity)} class={quoteattr(style)}{extra}>", *told, *inside, "</g>"))


def badge(state: FamilyState, x: float, y: float) -> str:
    """A family's badge; ``x``, ``y`` is its upper left corner."""
    width = sizes.badge(state)
    inside = rectangle("", x, y, width, sizes.BADGE_HEIGHT, 3).replace(' class=""', "")
    text = f'<text x="{number(x + width / 2)}" y="{number(y + 11.5)}">{state.label}</text>'
    return f'<g class="badge ip{state.family} {state.life}">{inside}{text}</g>'


def badges(families: Families, x: float, y: float) -> list[str]:
    """The badges of what there is to say, side by side."""
    drawn = []
    for state in (each for each in families if each.label):
        drawn.append(badge(state, x, y))
        x += sizes.badge(state) + sizes.BADGE_GAP
    return drawn


def strands(families: Families, course: tuple[Point, ...]) -> list[str]:
    """A link's lines: one a family that is there or to come, side by side; a thin one where there is none."""
    if nothing(families):
        return [line("strand none", course)]
    shown = [each for each in families if each.here or each.life == "later"]
    first = -_APART / 2 * (len(shown) - 1)
    return [
        line(f"strand ip{each.family} {each.life}", beside(course, first + _APART * index))
        for index, each in enumerate(shown)
    ]


def line(style: str, course: tuple[Point, ...]) -> str:
    """A line along points."""
    places = " ".join(f"{number(point.x)},{number(point.y)}" for point in course)
    return f'<polyline class="{style}" points="{places}"/>'


def sign(condition: Condition, x: float, y: float) -> str:
    """A round sign for a state, around a point."""
    circle = f'<circle cx="{number(x)}" cy="{number(y)}" r="7.5"/>'
    text = f'<text x="{number(x)}" y="{number(y + 4)}">{SIGNS[condition]}</text>'
    return f'<g class="sign {condition}">{circle}{text}</g>'


def shape(kind: Kind, x: float, y: float, width: float, height: float) -> str:
    """The outline of a node: round ends for routers, cut corners for firewalls and translators, square for what serves."""
    if kind in ("firewall", "translator"):
        cut = height / 2 if kind == "translator" else 7.0
        corners = [(cut, 0), (width - cut, 0), (width, cut), (width, height - cut)]
        corners += [(width - a, height - b) for a, b in corners]
        places = " ".join(f"{number(x + a)},{number(y + b)}" for a, b in corners)
        return f'<polygon class="shape" points="{places}"/>'
    rounds: Mapping[Kind, float] = {"router": height / 2, "client": 8.0, "handset": 8.0}
    return rectangle("shape", x, y, width, height, rounds.get(kind, 0.0))


def icon(kind: Kind, x: float, y: float) -> str:
    """The picture in a node; ``x``, ``y`` is its upper left corner."""
    return f'<path class="icon" transform="translate({number(x)} {number(y)})" d="{_ICONS[kind]}"/>'
