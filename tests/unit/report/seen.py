"""What an SVG of ours shows, read from it: every line of text with the rectangle that it covers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from harness.report.drawing import sizes
from harness.report.drawing.layout import Box

SVG = "{http://www.w3.org/2000/svg}"
BOLD = ("name", "heading", "zone-title", "lan-title", "badge")
SIZES = {
    "name": sizes.NAME,
    "heading": sizes.HEADING,
    "subheading": sizes.SUBHEADING,
    "zone-title": sizes.TITLE,
    "legend-text": sizes.MEANING,
}


@dataclass(frozen=True)
class Text:
    """A line of text, and where it is."""

    words: str
    box: Box


def texts(svg: str) -> list[Text]:
    return list(_texts(ElementTree.fromstring(svg), 0.0, 0.0, ""))


def by_id(svg: str) -> dict[str, ElementTree.Element]:
    return {each.attrib["id"]: each for each in ElementTree.fromstring(svg).iter() if "id" in each.attrib}


def clashes(shown: list[Text]) -> list[tuple[str, str]]:
    """The pairs of texts that lie over one another."""
    return [
        (one.words, other.words)
        for index, one in enumerate(shown)
        for other in shown[index + 1 :]
        if one.box.meets(other.box)
    ]


def _texts(element: ElementTree.Element, x: float, y: float, group: str) -> Iterator[Text]:
    if moved := element.attrib.get("transform"):
        dx, dy = map(float, moved.removeprefix("translate(").removesuffix(")").split())
        x, y = x + dx, y + dy
    if element.tag == f"{SVG}text":
        yield _text(element, x, y, group)
    for child in element:
        yield from _texts(child, x, y, element.attrib.get("class", ""))


def _text(element: ElementTree.Element, x: float, y: float, group: str) -> Text:
    words, style = element.text or "", element.attrib.get("class") or group.split(" ")[0]
    size = SIZES.get(style, sizes.SMALL)
    width = sizes.text(words, size, "bold" if style in BOLD else "normal")
    left = x + float(element.attrib["x"]) - (width / 2 if style in ("badge", "sign") else 0)
    return Text(words, Box(left, y + float(element.attrib["y"]) - size * 0.75, width, size * 0.9))
