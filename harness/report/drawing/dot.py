"""A drawing as the text that Graphviz ``dot`` lays out: sizes and neighbourhoods, no looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.report.drawing import sizes
from harness.report.drawing.model import Drawing, Link, Node
from harness.report.drawing.sizes import Size

COMMAND = ("dot", "-Tjson0")
"""What to feed the text to; ``layout.read`` understands the answer."""

_POINTS = 72  # dot's inch
_HEAD = """digraph drawing {
 graph [rankdir=LR, nodesep=0.22, ranksep=0.9, splines=true, margin=0, labeljust=l, remincross=true]
 node [shape=box, fixedsize=true, label=""]
 edge [dir=none, fontsize=1]"""


def text(drawing: Drawing) -> str:
    """The drawing in the DOT language, the Internet on the left."""
    room = sizes.nodes(drawing)
    loose = _nodes(drawing.in_box(None), room, 1)
    return "\n".join((_HEAD, *_boxes(drawing, room), *loose, *map(_edge, drawing.links), "}", ""))


def _boxes(drawing: Drawing, room: Mapping[str, Size]) -> Iterator[str]:
    for zone in drawing.zones:
        yield f" subgraph {_quoted('cluster_' + zone.id)} {{"
        yield f"  margin=14; label={_room(sizes.zone(zone))}"
        yield from _nodes(drawing.in_box(zone.id), room, 2)
        for subnet in drawing.subnets:
            if subnet.zone == zone.id and (hosts := drawing.in_box(zone.id, subnet.id)):
                yield f"  subgraph {_quoted('cluster_' + subnet.id)} {{"
                yield f"   margin=5; label={_room(sizes.subnet(subnet))}"
                yield from _nodes(hosts, room, 3)
                yield "  }"
        yield " }"


def _nodes(nodes: tuple[Node, ...], room: Mapping[str, Size], indent: int) -> Iterator[str]:
    for node in nodes:
        size = room[node.id]
        wide, high = size.width / _POINTS, size.height / _POINTS
        yield f"{' ' * indent}{_quoted(node.id)} [width={wide:.3f}, height={high:.3f}]"


def _edge(link: Link) -> str:
    """Links between equals keep them side by side; a LAN's has room for its label; LANs' hosts are reached from the side.

    The other links have no room of their own: with it, dot takes them on detours. ``labels`` finds them a spot.
    """
    facing = "" if link.spoken else "tailport=e, headport=w"
    how = "minlen=0" if link.level else f"label={_room(sizes.label(link))}" if link.label else facing
    return f" {_quoted(link.a)} -> {_quoted(link.b)} [id={_quoted(link.id)}{', ' + how if how else ''}]"


def _room(size: Size) -> str:
    """An empty label of a size: what is written there is written later, in a font that dot need not know."""
    cell = f'FIXEDSIZE="TRUE" WIDTH="{size.width:.0f}" HEIGHT="{size.height:.0f}"'
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0"><TR><TD {cell}></TD></TR></TABLE>>'


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
