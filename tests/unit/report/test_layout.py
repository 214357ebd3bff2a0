"""What Graphviz is told and what it answers, without asking it; and where labels find room."""

from __future__ import annotations

import json

import pytest

from harness.report.drawing import dot, layout
from harness.report.drawing.layout import Box, Point
from harness.report.drawing.picture import picture
from tests.unit.estate import the_plan, the_topology

COURSE = "20,40 40,40 60,10 80,10"


def answer(course: str | None) -> str:
    """What Graphviz says of two nodes in a box, and of the link between them."""
    size = {"width": "0.1", "height": "0.1"}
    objects = [
        {"_gvid": 0, "name": "cluster_zone-dc", "bb": "10,5,90,45"},
        {"_gvid": 1, "name": "node-a", "pos": "20,40", **size},
        {"_gvid": 2, "name": "node-b", "pos": "80,10", **size},
    ]
    link = {"id": "link-ab", "tail": 1, "head": 2, "lp": "50,30", **({"pos": course} if course else {})}
    return json.dumps({"bb": "0,0,100,50", "objects": objects, "edges": [link]})


def test_an_answer_is_read_with_y_growing_downwards() -> None:
    found = layout.read(answer(COURSE))
    assert (found.width, found.height) == (100, 50)
    assert found.boxes == {"zone-dc": Box(10, 5, 80, 40)}
    assert found.nodes == {"node-a": Point(20, 10), "node-b": Point(80, 40)}
    assert found.labels == {"link-ab": Point(50, 20)}
    course = found.courses["link-ab"]
    assert (course[0], course[-1]) == (Point(20, 10), Point(80, 40))
    assert len(course) > 4


@pytest.mark.parametrize("course", [None, "20,40 40,40 60,30 50,10"], ids=["lost", "astray"])
def test_a_link_whose_course_is_lost_or_leads_astray_is_a_straight_line(course: str | None) -> None:
    assert layout.read(answer(course)).courses == {"link-ab": (Point(20, 10), Point(80, 40))}


def test_half_way_along_a_course_is_the_middle_of_its_length() -> None:
    assert layout.at((Point(0, 0), Point(10, 0), Point(10, 30)), 0.5) == Point(10, 10)


def test_a_course_beside_another_keeps_its_distance() -> None:
    assert layout.beside((Point(0, 0), Point(10, 0)), 2) == (Point(0, 2), Point(10, 2))


def test_boxes_that_only_touch_do_not_meet() -> None:
    assert not Box(0, 0, 10, 10).meets(Box(10, 0, 10, 10))
    assert Box(0, 0, 10, 10).meets(Box(9, 9, 10, 10))


@pytest.mark.parametrize(
    "part",
    [
        'subgraph "cluster_zone-dc" {',
        'subgraph "cluster_lan-dmz" {',
        '"node-viettel" -> "node-edge1" [id="link-edge1.viettel--viettel.edge1"]',
        '"node-edge1" -> "node-edge2" [id="link-edge1.edge2--edge2.edge1", minlen=0]',
    ],
)
def test_graphviz_is_told_of_boxes_and_of_links_from_the_outside_to_the_inside(part: str) -> None:
    assert part in dot.text(picture(the_topology(), the_plan(), "31-datacentre"))
