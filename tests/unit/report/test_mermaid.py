"""The drawing as Mermaid: no program is asked, and everything is there."""

from __future__ import annotations

from dataclasses import replace

from harness.report.drawing.mermaid import mermaid
from harness.report.drawing.model import State
from harness.report.drawing.picture import picture
from tests.unit.estate import the_plan, the_topology


def lines(stage: str, **states: State) -> list[str]:
    named = {f"node-{name}": state for name, state in states.items()}
    return [line.strip() for line in mermaid(picture(the_topology(), the_plan(), stage), named).splitlines()]


def test_zones_are_boxes_and_roles_are_shapes() -> None:
    found = lines("31-datacentre")
    assert 'subgraph zone_dc["Trung tâm dữ liệu tỉnh"]' in found
    assert 'node_edge1(["edge1<br>4 6"])' in found
    assert 'node_fw1{{"fw1<br>4 6"}}' in found
    assert 'subgraph lan_int["int 4 +6"]' in found


def test_lines_are_thick_for_both_families_thin_for_ipv4_and_dotted_for_ipv6() -> None:
    found = lines("31-datacentre")
    assert "node_vnix === node_viettel" in found
    assert "node_viettel_legacy --- node_viettel" in found
    assert "node_viettel_mobile -.- node_viettel" in found


def test_links_say_what_is_new_and_what_is_to_come() -> None:
    assert 'node_viettel ===|"+6"| node_edge1' in lines("21-pilot")
    assert 'node_viettel ---|"6▸21"| node_edge1' in lines("12-prepare")
    assert 'node_stttt_gw -.-|"lan −4"| node_stttt_sw' in lines("40-ipv6-only")


def test_a_bad_node_has_a_sign_and_a_class() -> None:
    found = lines("31-datacentre", edge1=State("bad"))
    assert 'node_edge1(["✗ edge1<br>4 6"])' in found
    assert "class node_edge1 bad" in found


def test_names_that_mermaid_takes_for_one_stay_two() -> None:
    topology = the_topology()
    nodes = {name: replace(topology.nodes["ns1"], name=name) for name in ("a-b", "a_b")}
    drawing = picture(replace(topology, nodes=nodes, links=()), the_plan(), "32-wan")
    text = mermaid(drawing)
    assert 'node_a_b["a-b"]' in text
    assert 'node_a_b_1["a_b"]' in text
