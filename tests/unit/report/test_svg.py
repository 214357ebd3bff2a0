"""The drawing as SVG, laid out by Graphviz: legible, stable, and recoloured by what is known from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache

import pytest

from harness.errors import MissingCapability
from harness.report.drawing import dot, layout, sizes
from harness.report.drawing.layout import Box, Layout
from harness.report.drawing.model import Drawing, State
from harness.report.drawing.page import page
from harness.report.drawing.picture import picture
from harness.report.drawing.svg import svg
from tests.unit.estate import the_plan, the_topology
from tests.unit.report.large import large
from tests.unit.report.seen import by_id, clashes, texts

STAGES = the_plan().stage_names()
Laid = Callable[[Drawing], Layout]


@cache
def answer(text: str) -> str:
    return subprocess.run(dot.COMMAND, input=text, capture_output=True, text=True, check=False).stdout


@pytest.fixture
def laid() -> Laid:
    """Graphviz, as the command asks it."""
    if shutil.which("dot") is None:
        raise MissingCapability("dot", "drawings cannot be laid out (apt-get install graphviz)")
    return lambda drawing: layout.read(answer(dot.text(drawing)))


@cache
def pilot(stage: str) -> Drawing:
    return picture(the_topology(), the_plan(), stage)


@cache
def province(stage: str) -> Drawing:
    return picture(*large(the_topology(), the_plan()), stage)


@pytest.mark.parametrize("stage", STAGES)
def test_no_two_texts_lie_over_one_another(laid: Laid, stage: str) -> None:
    shown = texts(svg(pilot(stage), laid(pilot(stage))))
    assert len(shown) > 150
    assert clashes(shown) == []


@pytest.mark.parametrize("stage", ["21-pilot", "32-wan", "40-ipv6-only"])
def test_nor_in_an_estate_of_110_nodes(laid: Laid, stage: str) -> None:
    assert len(province(stage).nodes) == 110
    assert clashes(texts(svg(province(stage), laid(province(stage))))) == []


@pytest.mark.parametrize("draw", [pilot, province])
def test_nodes_keep_apart_and_lie_in_their_boxes(laid: Laid, draw: Callable[[str], Drawing]) -> None:
    drawing = draw("32-wan")
    where, room = laid(drawing), sizes.nodes(drawing)
    boxes = {
        each: Box(place.x - room[each].width / 2, place.y - room[each].height / 2, room[each].width, room[each].height)
        for each, place in where.nodes.items()
    }
    assert len(boxes) == len(drawing.nodes)
    assert not [(a, b) for a in boxes for b in boxes if a < b and boxes[a].meets(boxes[b])]
    for node in drawing.nodes:
        outer, inner = where.boxes[node.subnet or node.zone or ""], boxes[node.id]
        assert outer.x < inner.x < inner.x + inner.width < outer.x + outer.width
        assert outer.y < inner.y < inner.y + inner.height < outer.y + outer.height


@pytest.mark.parametrize("draw", [pilot, province])
def test_every_link_leads_from_its_one_node_to_its_other(laid: Laid, draw: Callable[[str], Drawing]) -> None:
    drawing = draw("32-wan")
    where, room = laid(drawing), sizes.nodes(drawing)
    for link in drawing.links:
        course = where.courses[link.id]
        for end, point in ((link.a, course[0]), (link.b, course[-1])):
            assert abs(point.x - where.nodes[end].x) <= room[end].width / 2 + 5, link.id
            assert abs(point.y - where.nodes[end].y) <= room[end].height / 2 + 5, link.id


def test_a_node_is_in_the_same_place_at_every_stage() -> None:
    assert len({dot.text(pilot(stage)) for stage in STAGES}) == 1


def test_the_same_input_gives_the_same_text(laid: Laid) -> None:
    first, second = (picture(the_topology(), the_plan(), "31-datacentre") for _ in range(2))
    assert svg(first, laid(first)) == svg(second, layout.read(answer.__wrapped__(dot.text(second))))


@pytest.mark.parametrize("write", [svg, page])
def test_nothing_comes_from_elsewhere(laid: Laid, write: Callable[[Drawing, Layout], str]) -> None:
    text = write(pilot("31-datacentre"), laid(pilot("31-datacentre")))
    assert set(re.findall(r"https?://[^\"'< ]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "url(" not in text
    assert "<script" not in text
    assert "@import" not in text


def test_families_are_lines_of_their_own_and_badges_that_can_be_read(laid: Laid) -> None:
    found = by_id(svg(pilot("21-pilot"), laid(pilot("21-pilot"))))
    mobile, legacy = (f"link-viettel-{name}.eth1--viettel.{name}" for name in ("mobile", "legacy"))
    strands = {
        name: [each.attrib["class"] for each in found[name].iter() if "strand" in each.attrib.get("class", "")]
        for name in (mobile, legacy, "link-edge1.viettel--viettel.edge1", "link-stttt-gw.v6--stttt-sw.gw-v6")
    }
    assert list(strands.values()) == [
        ["strand ip6 on"],
        ["strand ip4 on"],
        ["strand ip4 on", "strand ip6 new"],
        ["strand ip4 later", "strand ip6 later"],
    ]
    assert "changed" in found["link-edge1.viettel--viettel.edge1"].attrib["class"].split()
    assert found["node-edge1"].attrib["data-families"] == "4 6"
    assert "".join(found["node-portal"].itertext()).replace("\n", "").endswith("portal46▸31")


def test_a_state_from_elsewhere_is_a_class_a_sign_and_a_text(laid: Laid) -> None:
    link = "link-edge2.vnpt--vnpt.edge2"
    states = {"node-edge2": State("bad", "BGP-01: not negotiated"), link: State("good"), "node-none": State("bad")}
    found = by_id(svg(pilot("31-datacentre"), laid(pilot("31-datacentre")), states))
    assert "state-bad" in found["node-edge2"].attrib["class"].split()
    assert "state-good" in found[link].attrib["class"].split()
    words = "".join(found["node-edge2"].itertext())
    assert "BGP-01: not negotiated" in words
    assert "✗" in words
    assert "state-" not in found["node-edge1"].attrib["class"]
    assert {"đạt", "không đạt"} <= set("\n".join(found["legend"].itertext()).split("\n"))


def test_the_legend_has_only_what_the_drawing_has(laid: Laid) -> None:
    def legend(stage: str) -> str:
        return "\n".join(by_id(svg(pilot(stage), laid(pilot(stage))))["legend"].itertext())

    assert "IPv6 có từ giai đoạn 21" in legend("12-prepare")
    assert "có thêm" not in legend("12-prepare")
    assert "có thêm so với 21-pilot" in legend("31-datacentre")
    assert "có từ giai đoạn" not in legend("40-ipv6-only")


def test_the_page_says_in_words_what_changes(laid: Laid) -> None:
    text = page(pilot("31-datacentre"), laid(pilot("31-datacentre")), {"node-fw1": State("unknown", "no <answer>")})
    assert "<h2>Thay đổi so với 21-pilot</h2>" in text
    assert "<td>mạng LAN</td><td>int</td><td>+IPv6</td>" in text
    assert "<td>fw1</td><td>không đo được</td><td>no &lt;answer&gt;</td>" in text
