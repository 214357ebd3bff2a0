"""Packets from and to addresses of nobody, put on the wire on both sides of each border router."""

from dataclasses import dataclass

import pytest
from injected import border_links
from vantage import OUTSIDE, own_address

from harness.errors import CannotMeasure
from harness.node import Node
from harness.plan import bogons, derive
from harness.probe import patience
from harness.probe.capture import Capture, mac_of, send_frames
from harness.probe.datagram_frame import datagram
from harness.probe.forged import Watch, mark_of, new_mark
from harness.probe.packet_filter import unique_local
from harness.verdict import passage
from harness.verdict.verdict import Finding
from harness.wait import Deadline

NAMES = 53
"""A port that the filters leave open on both sides."""
PUBLISHED = "ns1"
SPECIAL = {4: (), 6: ("::", "::ffff:192.0.2.1")}
"""Addresses of the longest bogon prefix that have a meaning of their own: unspecified, and IPv4 in IPv6."""


@dataclass(frozen=True)
class Side:
    """One side of a border router: ``sender`` on its interface ``device`` beside the router's ``door``.

    ``ours`` is a source that may come from there, ``theirs`` a destination beyond the router. ``ways`` are the places
    (node and interface) that a packet leaves the province's borders by if it goes on.
    """

    edge: Node
    door: str
    sender: Node
    device: str
    ours: str
    theirs: str
    ways: frozenset

    @property
    def who(self):
        return f"{self.sender.name} to {self.edge.name}"


def nobodys(plan, family):
    """An address of each bogon prefix, and those with a meaning of their own."""
    return [*SPECIAL[family], *(str(each[1]) for each in bogons.bogons(plan, family))]


def sides(lab, history, plan):
    """(family, both sides of each border in it)."""
    doors = frozenset((edge, isp) for edge, isp, _ in border_links(plan))
    for edge, isp, link in border_links(plan):
        links = [each for each in derive.ports(plan, edge, lab.stage) if each.kind == "link"]
        everywhere = frozenset((edge, each.name) for each in links)
        core = next(each.peer for each in links if lab.node(each.peer).role == "core")
        citizen = next(each for each in OUTSIDE if isp in derive.lan_of(plan, each).gateways)
        router = lab.node(edge)
        for family in derive.families(plan, link, lab.stage):
            inner = str(derive.address(plan, PUBLISHED, family, lab.stage))
            outer = own_address(lab, history, plan, citizen, family)
            yield family, Side(router, isp, lab.node(isp), edge, outer, inner, everywhere)
            beyond = str(derive.link_interface(link, isp, family).ip)  # what leads out here, whatever BGP prefers
            yield family, Side(router, core, lab.node(core), edge, inner, beyond, doors)


def packets(plan, family, side):
    """(what it is, whether it may go on, mark, frame) of each packet from a side."""
    macs = mac_of(side.sender, side.device), mac_of(side.edge, side.door)
    bad = nobodys(plan, family)
    ends = [(f"source {each}", each, side.theirs) for each in bad]
    ends += [(f"destination {each}", side.ours, each) for each in bad]
    for what, source, to in (*ends, (f"{side.ours} to {side.theirs}", side.ours, side.theirs)):
        mark = new_mark()
        may = (source, to) == (side.ours, side.theirs)
        yield what, may, mark, datagram(macs, source, to, (NAMES, NAMES), mark)


@pytest.mark.waits
@pytest.mark.check("SEC-06")
def test_packets_of_nobodys_addresses_stop_at_the_edge_both_ways(lab, history, plan, targets, judged):
    made = [(side, *each) for family, side in sides(lab, history, plan) for each in packets(plan, family, side)]
    if not made:
        raise CannotMeasure("the province has no border at this stage")
    places = sorted({place for side, *_ in made for place in (*side.ways, (side.edge.name, side.door))})
    doors = [(lab.node(edge), isp) for edge, isp, _ in border_links(plan)]
    marks = frozenset(mark for *_, mark, _ in made)
    where = [(lab.node(name), device) for name, device in places]
    with (
        Capture(history, doors, passes=unique_local()) as strays,
        Watch(history, where, marks) as watch,
    ):
        for side in dict.fromkeys(side for side, *_ in made):
            send_frames(history, side.sender, side.device, [frame for one, *_, frame in made if one == side])
        away, most = Deadline.after(targets["stays_away_s"]), patience.wait_for(history, targets["arrives_most_s"])
        watch.wait({mark: side.edge.name for side, _, may, mark, _ in made if may}, most)
        watch.hold(away.left)
        came, left = watch.passed(outgoing=False), watch.passed(outgoing=True)
        besides = [each for each in strays.packets() if not mark_of(each.data)]
    sent = []
    for side, what, may, mark, _ in made:
        if f"{side.edge.name} {side.door}" not in came[mark]:
            raise CannotMeasure(f"{side.who}: {what} was not seen at {side.edge.name}, so nothing was proved")
        ways = {f"{name} {device}" for name, device in side.ways}
        out = tuple(each for each in left[mark] if each in ways)
        end = out[0].split()[0] if out else side.edge.name
        sent.append((may, passage.Sent(side.who, what, end, out)))
    if lost := [each for may, each in sent if may and not each.arrived]:
        raise CannotMeasure(f"not even right addresses go on, so silence says nothing: {lost[0].who}, {lost[0].what}")
    findings = passage.none_pass([each for may, each in sent if not may])
    for each in besides[:5]:
        layer = each.parsed()["IPv6"]
        what = f"a packet from {layer.src} to {layer.dst} on {each.device}"
        findings += (Finding(each.node, what, "no unique local address on a link to an ISP"),)
    judged(findings, tuple(event.reference for event in history.events("probe.capture")[-2:]))
