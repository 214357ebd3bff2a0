"""A drawing and its layout as SVG: one file, nothing from elsewhere, the same text for the same input.

Every node and every link is a group with the id that ``model`` gives it at any stage, its families in ``data-families``
and, where ``states`` knows it, a class ``state-…`` and a sign: a page changes both without drawing anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.report.drawing import elements, labels, legend, sizes, style
from harness.report.drawing.layout import Box, Layout, Point, at
from harness.report.drawing.model import Drawing, Families, Link, Node, State, States, Subnet, Zone, changes, here
from harness.report.drawing.sizes import ROUND, Size

_EDGE, _INSET = 16.0, 4.0
_NO_STATES: States = {}


def svg(drawing: Drawing, layout: Layout, states: States = _NO_STATES) -> str:
    """The whole drawing. ``states`` maps ids of nodes and links to what is known of them."""
    head = sizes.heading(drawing)
    width = max(layout.width, head.width)
    shown = legend.rows(drawing, states, width)
    whole = width + 2 * _EDGE, head.height + layout.height + legend.height(shown) + 2 * _EDGE
    size = f'width="{elements.number(whole[0])}" height="{elements.number(whole[1])}"'
    view = f'viewBox="0 0 {elements.number(whole[0])} {elements.number(whole[1])}"'
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="v6lab-drawing" {size} {view} lang="{drawing.words.language}" role="img">',
        f"<style>\n{style.SHEET}\n</style>",
        elements.rectangle("page", 0, 0, *whole).replace('class="page"', 'fill="#fff"'),
        elements.words(drawing.title, _EDGE, _EDGE + 26, "heading"),
        elements.words(drawing.subtitle, _EDGE, _EDGE + 54, "subheading"),
        f'<g transform="translate({elements.number(_EDGE)} {elements.number(_EDGE + head.height)})">',
        *_inside(drawing, layout, states),
        "</g>",
        legend.draw(drawing, shown, _EDGE, _EDGE + head.height + layout.height + 8),
        "</svg>\n",
    ]
    return "\n".join(body)


def _inside(drawing: Drawing, layout: Layout, states: States) -> Iterator[str]:
    """Boxes below lines, lines below labels, nodes and titles."""
    room, spots = sizes.nodes(drawing), labels.places(drawing, layout)
    for zone in drawing.zones:
        if zone.id in layout.boxes:
            yield _zone(zone, layout.boxes[zone.id])
    for subnet in drawing.subnets:
        if subnet.id in layout.boxes:
            yield _subnet(subnet, layout.boxes[subnet.id])
    for link in drawing.links:
        if link.id in layout.courses:
            yield _link(link, layout.courses[link.id], states.get(link.id))
    for link in drawing.links:
        if link.id in layout.courses:
            yield from _said(link, layout.courses[link.id], spots.get(link.id), states.get(link.id))
    for node in drawing.nodes:
        yield _node(node, room[node.id], layout.nodes[node.id], drawing, states.get(node.id))
    for zone in drawing.zones:
        if zone.id in layout.boxes:
            box = layout.boxes[zone.id]
            yield elements.words(zone.title, box.x + _INSET + 9, box.y + _INSET + 21, "zone-title")


def _zone(zone: Zone, box: Box) -> str:
    """A box, a little inside of its room so that neighbours stand apart."""
    outline = elements.rectangle(
        "box", box.x + _INSET, box.y + _INSET, box.width - 2 * _INSET, box.height - 2 * _INSET, 8
    )
    return elements.group(zone.id, "zone own" if zone.own else "zone", [outline], zone.title)


def _subnet(subnet: Subnet, box: Box) -> str:
    outline = elements.rectangle("box", box.x, box.y, box.width, box.height, 4)
    title = elements.words(subnet.name, box.x + 6, box.y + 15, "lan-title")
    right = box.x + box.width - 5 - sizes.badges(subnet.families)
    marks = elements.badges(subnet.families, right, box.y + 4)
    told = f"{subnet.name}: {subnet.title}" if subnet.title else subnet.name
    return elements.group(
        subnet.id, _classes("lan", subnet.families), [outline, title, *marks], told, _data(subnet.families)
    )


def _link(link: Link, course: tuple[Point, ...], state: State | None) -> str:
    inside = [elements.line("halo", course), *elements.strands(link.families, course)]
    data = {**_data(link.families), "a": link.ends[0], "b": link.ends[1]}
    told = _told(" – ".join(link.ends), state)
    return elements.group(link.id, _classes("link", link.families, state), inside, told, data)


def _said(link: Link, course: tuple[Point, ...], spot: Point | None, state: State | None) -> Iterator[str]:
    """What is written on a link, over all lines: another link may cross it there."""
    inside = _label(link, spot) if spot else []
    if state:
        beside = Point(spot.x - labels.said(link) / 2 - 9, spot.y) if spot else at(course, 0.5)
        inside.append(elements.sign(state.condition, beside.x, beside.y))
    if inside:
        yield elements.group(f"said-{link.id}", "said", inside)


def _label(link: Link, spot: Point) -> list[str]:
    """A LAN's port and what comes or goes, on paper around a spot."""
    wide = labels.said(link)
    left = spot.x - wide / 2
    drawn = [elements.rectangle("paper", left - 1, spot.y - 7, wide + 2, 14)]
    if link.label:
        drawn.append(elements.words(link.label, left, spot.y + 3.6, "label"))
        left += sizes.text(link.label, sizes.SMALL) + sizes.LABEL_GAP
    return [*drawn, *elements.badges(changes(link.families), left, spot.y - sizes.BADGE_HEIGHT / 2)]


def _node(node: Node, size: Size, place: Point, drawing: Drawing, state: State | None) -> str:
    left, top = place.x - size.width / 2, place.y - size.height / 2
    text = left + sizes.PAD + sizes.ICON + 5 + (sizes.ROUND_END / 2 if node.kind in ROUND else 0)
    inside = [
        elements.shape(node.kind, left, top, size.width, size.height),
        elements.icon(node.kind, text - sizes.ICON - 5, place.y - sizes.ICON / 2),
        elements.words(node.name, text, top + 17, "name"),
        *elements.badges(node.families, text, top + 23),
    ]
    if state:
        inside.append(elements.sign(state.condition, left + size.width - 4, top + 2))
    told = _told(f"{node.name} ({drawing.words.kinds[node.kind]}, {node.role})", state)
    data = {**_data(node.families), "node": node.name, "role": node.role}
    return elements.group(node.id, _classes(f"node {node.kind}", node.families, state), inside, told, data)


def _classes(base: str, families: Families, state: State | None = None) -> str:
    changed = ("changed",) if changes(families) else ()
    known = (f"state-{state.condition}",) if state else ()
    return " ".join((base, *changed, *known))


def _told(text: str, state: State | None) -> str:
    return f"{text}: {state.text}" if state and state.text else text


def _data(families: Families) -> dict[str, str]:
    return {"families": " ".join(map(str, here(families)))}
