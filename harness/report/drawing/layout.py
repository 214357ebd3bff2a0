"""Where everything is: what Graphviz ``dot`` answers, read into the coordinates of an SVG (y grows downwards)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

_INCH = 72.0  # points
_STEPS = 8  # straight pieces that a curve is drawn with: more cannot be seen at this size


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the drawing."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> Point:
        """The point in its middle."""
        return Point(self.x + self.width / 2, self.y + self.height / 2)

    def near(self, point: Point, within: float = 4.0) -> bool:
        """Whether a point is inside, or as good as."""
        middle = self.middle
        across = abs(point.x - middle.x) <= self.width / 2 + within
        return across and abs(point.y - middle.y) <= self.height / 2 + within

    def meets(self, other: Box) -> bool:
        """Whether the two have more in common than an edge."""
        across = self.x < other.x + other.width and other.x < self.x + self.width
        return across and self.y < other.y + other.height and other.y < self.y + self.height


@dataclass(frozen=True, slots=True)
class Layout:
    """Where boxes, nodes (their middle), links (their course) and links' labels (their middle) are, by id."""

    width: float
    height: float
    boxes: Mapping[str, Box]
    nodes: Mapping[str, Point]
    courses: Mapping[str, tuple[Point, ...]]
    labels: Mapping[str, Point]


def read(answer: str) -> Layout:
    """The layout in the JSON that ``dot.COMMAND`` writes.

    dot loses the course of a link now and then where boxes are close together, and says so on its error output: such
    a link is a straight line. Raises ``ValueError`` for what is no layout at all.
    """
    graph: dict[str, Any] = json.loads(answer)
    _, _, width, height = _numbers(graph["bb"])
    objects = graph.get("objects", [])
    edges = graph.get("edges", [])
    nodes = {each["_gvid"]: _node(each, height) for each in objects if "pos" in each}
    return Layout(
        width,
        height,
        {each["name"].removeprefix("cluster_"): _box(each["bb"], height) for each in objects if "bb" in each},
        {each["name"]: nodes[each["_gvid"]].middle for each in objects if "pos" in each},
        {each["id"]: _between(nodes[each["tail"]], nodes[each["head"]], each.get("pos"), height) for each in edges},
        {each["id"]: _point(each["lp"], height) for each in edges if "lp" in each},
    )


def _node(each: dict[str, Any], height: float) -> Box:
    middle = _point(each["pos"], height)
    wide, high = float(each["width"]) * _INCH, float(each["height"]) * _INCH
    return Box(middle.x - wide / 2, middle.y - high / 2, wide, high)


def _between(tail: Box, head: Box, course: str | None, height: float) -> tuple[Point, ...]:
    """The course of a link if it leads from the one node to the other, else the straight line."""
    points = _course(course, height) if course else ()
    if points and tail.near(points[0]) and head.near(points[-1]):
        return points
    return tail.middle, head.middle


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


def _point(text: str, height: float) -> Point:
    x, y = _numbers(text)
    return Point(x, height - y)


def _box(text: str, height: float) -> Box:
    left, bottom, right, top = _numbers(text)
    return Box(left, height - top, right - left, top - bottom)


def _course(text: str, height: float) -> tuple[Point, ...]:
    """A spline of cubic pieces (first point, then three for each piece) as points along it."""
    points = [_point(each, height) for each in text.split()]
    course = [points[0]]
    for start in range(0, len(points) - 1, 3):
        course += [_along(points[start : start + 4], step / _STEPS) for step in range(1, _STEPS + 1)]
    return tuple(course)


def _along(piece: list[Point], t: float) -> Point:
    """De Casteljau: the point at ``t`` of a curve."""
    while len(piece) > 1:
        piece = [Point(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t) for a, b in pairwise(piece)]
    return piece[0]


def beside(course: tuple[Point, ...], distance: float) -> tuple[Point, ...]:
    """The course that runs beside another, to its right as one goes along it."""
    shifted = []
    for index, here in enumerate(course):
        back, ahead = course[max(index - 1, 0)], course[min(index + 1, len(course) - 1)]
        dx, dy = ahead.x - back.x, ahead.y - back.y
        length = (dx * dx + dy * dy) ** 0.5 or 1.0
        shifted.append(Point(here.x - dy / length * distance, here.y + dx / length * distance))
    return tuple(shifted)


def at(course: tuple[Point, ...], part: float) -> Point:
    """The point at a part (0 to 1) of the way along a course."""
    lengths = [((b.x - a.x) ** 2 + (b.y - a.y) ** 2) ** 0.5 for a, b in pairwise(course)]
    left = sum(lengths) * part
    for (a, b), length in zip(pairwise(course), lengths, strict=True):
        if left <= length:
            return _along([a, b], left / (length or 1.0))
        left -= length
    return course[-1]
