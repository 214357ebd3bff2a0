"""Where links' labels stand: in the room that the layout keeps for a LAN's, else at the first free spot along the link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.report.drawing import sizes
from harness.report.drawing.layout import Box, Layout, Point, at
from harness.report.drawing.model import Drawing, Link, changes

_SPOTS = (0.35, 0.65, 0.5, 0.58, 0.42, 0.73, 0.27, 0.81, 0.19, 0.9, 0.1)
"""Parts of the way, best first: not half-way, where the links of two pairs of routers cross. Where none is free the first."""


def places(drawing: Drawing, layout: Layout) -> Mapping[str, Point]:
    """The middle of the label of each link that has something to say, by the link's id."""
    taken = list(_taken(drawing, layout))
    found: dict[str, Point] = {}
    for link in sorted(drawing.links, key=lambda each: each.id not in layout.labels):
        if not link.spoken or link.id not in layout.courses or not (width := said(link)):
            continue
        found[link.id] = layout.labels.get(link.id) or _free(layout.courses[link.id], width, taken)
        taken.append(_around(found[link.id], width, sizes.LABEL_HEIGHT))
    return found


def said(link: Link) -> float:
    """How wide is what a link's label says."""
    marks = changes(link.families)
    gap = sizes.LABEL_GAP if link.label and marks else 0.0
    return sizes.text(link.label, sizes.SMALL) + gap + sizes.badges(marks)


def _free(course: tuple[Point, ...], width: float, taken: list[Box]) -> Point:
    spots = [at(course, part) for part in _SPOTS]
    boxes = (_around(spot, width, sizes.LABEL_HEIGHT) for spot in spots)
    free = (spot for spot, box in zip(spots, boxes, strict=True) if not any(box.meets(other) for other in taken))
    return next(free, spots[0])


def _taken(drawing: Drawing, layout: Layout) -> Iterator[Box]:
    """Nodes, and the titles of boxes."""
    for identity, size in sizes.nodes(drawing).items():
        yield _around(layout.nodes[identity], size.width, size.height)
    titles = {zone.id: sizes.zone(zone) for zone in drawing.zones}
    titles |= {subnet.id: sizes.subnet(subnet) for subnet in drawing.subnets}
    for identity, title in titles.items():
        if box := layout.boxes.get(identity):
            yield Box(box.x, box.y, title.width + 2 * sizes.PAD, title.height + sizes.PAD)


def _around(middle: Point, width: float, height: float) -> Box:
    return Box(middle.x - width / 2, middle.y - height / 2, width, height)
