"""What is drawn of the estate: boxes, kinds, families, and what a stage changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.errors import WrongInput
from harness.report.drawing.model import Drawing, Families, Link, Node
from harness.report.drawing.picture import picture
from tests.unit.estate import the_plan, the_topology


def drawn(stage: str, against: str | None = None) -> Drawing:
    return picture(the_topology(), the_plan(), stage, against)


def node(drawing: Drawing, name: str) -> Node:
    return next(each for each in drawing.nodes if each.name == name)


def link(drawing: Drawing, *ends: str) -> Link:
    return next(each for each in drawing.links if set(each.ends) == set(ends))


def labels(families: Families) -> list[str]:
    return [each.label for each in families]


def test_every_node_and_link_of_the_topology_is_drawn_once_under_an_id_of_its_own() -> None:
    drawing = drawn("31-datacentre")
    assert [each.name for each in drawing.nodes] == list(the_topology().nodes)
    assert len(drawing.links) == len(the_topology().links)
    assert len({each.id for each in (*drawing.nodes, *drawing.links)}) == len(drawing.nodes) + len(drawing.links)


def test_ids_are_the_same_at_all_stages() -> None:
    ids = [
        [each.id for each in (*drawing.zones, *drawing.subnets, *drawing.nodes, *drawing.links)]
        for drawing in map(drawn, the_plan().stage_names())
    ]
    assert all(each == ids[0] for each in ids)
    assert "link-edge1.viettel--viettel.edge1" in ids[0]


def test_there_is_a_box_for_the_internet_each_isp_the_data_centre_the_tslcd_and_each_agency() -> None:
    titles = [zone.title for zone in drawn("31-datacentre").zones]
    assert titles == [
        "Internet",
        "Viettel",
        "VNPT",
        "Trung tâm dữ liệu tỉnh",
        "TSLCĐ cấp II",
        "TSLCĐ cấp I",
        "Sở Thông tin và Truyền thông",
        "Văn phòng UBND tỉnh",
        "Thành phố Gia Nghĩa",
        "Huyện Đắk Song",
    ]


@pytest.mark.parametrize(
    ("name", "zone", "kind"),
    [
        ("edge1", "zone-dc", "router"),
        ("fw1", "zone-dc", "firewall"),
        ("sw-server", "zone-dc", "switch"),
        ("nat64", "zone-dc", "translator"),
        ("viettel", "zone-viettel", "router"),
        ("viettel-mobile", "zone-viettel", "handset"),
        ("tslcd-viettel", "zone-tslcd", "router"),
        ("stttt-gw", "zone-stttt", "router"),
        ("stttt-pc", "zone-stttt", "client"),
        ("rpki", "zone-world", "server"),
    ],
)
def test_a_node_is_in_its_box_and_drawn_by_its_role(name: str, zone: str, kind: str) -> None:
    found = node(drawn("31-datacentre"), name)
    assert (found.zone, found.kind) == (zone, kind)


def test_the_internet_is_on_the_left_and_agencies_are_on_both_sides_of_the_tslcd() -> None:
    def column(name: str) -> tuple[int, int]:
        return node(drawn("31-datacentre"), name).column

    outside_in = ("root-dns", "vnix", "viettel-citizen", "viettel", "edge1", "core1", "fw1", "tslcd-viettel")
    assert list(map(column, outside_in)) == sorted(map(column, outside_in))
    assert column("tslcd-viettel") < column("stttt-gw") < column("stttt-sw") < column("stttt-pc")
    assert column("daksong-pc") < column("daksong-sw") < column("daksong-gw") < column("tslcd-viettel")


@pytest.mark.parametrize("agency", ["stttt", "daksong"])
def test_the_link_of_a_gateway_to_a_switch_is_called_as_the_lan_on_either_side(agency: str) -> None:
    found = link(drawn("31-datacentre"), f"{agency}-gw:lan", f"{agency}-sw:gw-lan")
    assert (found.label, found.spoken) == ("lan", True)
    assert not link(drawn("31-datacentre"), f"{agency}-sw:pc", f"{agency}-pc:eth1").spoken


def test_what_has_both_families_one_or_one_to_come_is_told_apart() -> None:
    drawing = drawn("12-prepare")
    assert labels(node(drawing, "vnix").families) == ["4", "6"]
    assert labels(node(drawing, "viettel-legacy").families) == ["4", ""]
    assert labels(node(drawing, "viettel-mobile").families) == ["", "6"]
    assert labels(node(drawing, "portal").families) == ["4", "6▸31"]
    assert labels(link(drawing, "edge1:viettel", "viettel:edge1").families) == ["4", "6▸21"]


def test_a_server_that_gets_ipv6_after_its_lan_is_drawn_so() -> None:
    drawing = drawn("21-pilot")
    dmz = next(each for each in drawing.subnets if each.name == "dmz")
    assert labels(dmz.families) == ["4", "+6"]
    assert labels(link(drawing, "portal:eth1", "sw-server:portal").families) == ["4", "6▸31"]
    assert labels(link(drawing, "ns1:eth1", "sw-server:ns1").families) == ["4", "+6"]


def test_what_a_stage_takes_away_is_marked() -> None:
    drawing = drawn("40-ipv6-only")
    assert labels(node(drawing, "stttt-pc").families) == ["−4", "6"]
    assert labels(link(drawing, "stttt-gw:lan", "stttt-sw:gw-lan").families) == ["−4", "6"]


def test_changes_are_marked_against_the_stage_before_or_against_any_other() -> None:
    assert labels(node(drawn("32-wan"), "edge1").families) == ["4", "6"]
    assert labels(node(drawn("32-wan", "00-baseline"), "edge1").families) == ["4", "+6"]
    assert labels(node(drawn("00-baseline", "32-wan"), "edge1").families) == ["4", "−6"]


def test_the_first_stage_marks_nothing_and_a_stage_without_changes_says_so() -> None:
    assert not drawn("00-baseline").changed()
    assert drawn("00-baseline").subtitle == "Giai đoạn 00-baseline: Hiện trạng IPv4"
    assert drawn("12-prepare").subtitle.endswith("(so với 00-baseline). Không có thay đổi nào về IPv4 hay IPv6.")


def test_the_drawing_speaks_english_when_asked_and_sites_keep_their_names() -> None:
    drawing = picture(the_topology(), the_plan(), "31-datacentre", language="en")
    assert drawing.subtitle == "Stage 31-datacentre: Data centre in dual stack (compared with 21-pilot)"
    assert "Trung tâm dữ liệu tỉnh" in [zone.title for zone in drawing.zones]


def test_a_node_that_the_plan_does_not_know_stands_outside_of_every_box() -> None:
    topology = the_topology()
    stranger = replace(topology.nodes["ns1"], name="stranger")
    found = node(picture(replace(topology, nodes={"stranger": stranger}, links=()), the_plan(), "32-wan"), "stranger")
    assert (found.zone, labels(found.families)) == (None, ["", ""])


@pytest.mark.parametrize(("stage", "against", "option"), [("99", None, "--stage"), ("32-wan", "99", "--against")])
def test_a_stage_that_the_plan_has_not_is_refused(stage: str, against: str | None, option: str) -> None:
    with pytest.raises(WrongInput, match=f"{option}: there is no stage '99'"):
        drawn(stage, against)
