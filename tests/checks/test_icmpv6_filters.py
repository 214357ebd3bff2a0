"""ICMPv6 of one link, sent through each filter of the province and at each of its interfaces."""

from dataclasses import dataclass, replace
from ipaddress import ip_address

import pytest
from vantage import families

from harness.errors import CannotMeasure
from harness.node import Node
from harness.plan import derive
from harness.probe import icmp6_frame, patience, route
from harness.probe.capture import Capture, mac_of, send_frames
from harness.probe.forged import Watch, new_mark
from harness.probe.packet_filter import short
from harness.verdict import passage
from harness.wait import Deadline

FILTERS = ("edge", "firewall", "gateway")
"""The roles of the nodes between networks of the province and others."""
LOCAL = {
    130: "listener query",
    131: "listener report",
    132: "listener done",
    133: "router solicitation",
    134: "router advertisement",
    135: "neighbour solicitation",
    136: "neighbour advertisement",
    137: "redirect",
    138: "router renumbering",
    139: "node information query",
    140: "node information response",
    141: "inverse solicitation",
    142: "inverse advertisement",
    143: "listener report version 2",
    148: "certification path solicitation",
    149: "certification path advertisement",
    151: "multicast router advertisement",
    152: "multicast router solicitation",
    153: "multicast router termination",
}
"""What is for one link alone (RFC 4890 sections 4.3.3 and 4.3.4)."""
GUARDED = (134, 137)
"""What the switch of a LAN takes from no host, so that no filter behind it meets them from there (RFC 6105)."""
ECHO_REQUEST, SOLICITATION, ADVERTISEMENT = 128, 135, 136
NOT_A_NEIGHBOUR = passage.NEIGHBOUR - 1


@dataclass(frozen=True)
class Way:
    """From ``sender``'s ``device`` to the filter's interface ``door`` next to it, and through it to ``to`` at ``end``,
    which it comes to by ``entry``. ``guarded``: the sender's switch takes no router's messages from it."""

    filter: Node
    door: str
    sender: Node
    device: str
    source: str
    end: Node
    entry: str
    to: str
    guarded: bool

    @property
    def who(self):
        return f"{self.sender.name} through {self.filter.name} to {self.end.name}"


def filters(plan, lab):
    """(filter, its ports with IPv6 at the stage) of each."""
    for node in lab.nodes.values():
        if node.role in FILTERS:
            yield node, [each for each in derive.ports(plan, node.name, lab.stage) if 6 in each.families]


def beside(plan, lab, node, port):
    """(neighbour, its interface) at a port of a filter; ``None`` where nobody with IPv6 is."""
    if port.kind == "link":
        return lab.node(port.peer), node.name
    hosts = [each for each in port.lan.hosts if 6 in families(plan, lab, each)]
    return (lab.node(hosts[0]), "eth1") if hosts else None


def opposite(plan, ports):
    """Pairs of ports of a filter that people or servers talk through: a way out of the network, and a way in."""
    links = [each for each in ports if each.kind == "link"]
    borders = [each for each in links if each.link.ebgp]
    open_to_all = {each.node for each in plan.services if "internet" in each.sources}
    inner = [
        each
        for each in ports
        if each.kind == "gateway" and (plan.sites[each.lan.site].zone == "agency" or open_to_all & set(each.lan.hosts))
    ]
    if borders:
        inner = [each for each in links if each not in borders and each.peer.startswith("core")]
    return [(each, other) for each in (borders or links)[:1] for other in inner[: None if not borders else 1]]


def end_address(lab, history, plan, node, device, lan):
    """A global address of whoever is beside a filter: a router's own, or what a host holds in its LAN."""
    if lan is None:
        return str(derive.address(plan, node.name, 6, lab.stage))
    held = (each.address for each in route.addresses(history, node, 6) if each.device == device)
    found = next((each for each in held if ip_address(each) in lan.networks[6]), None)
    if found is None:
        raise CannotMeasure(f"{node.name} has no address of {lan.name}")
    return found


def ways(lab, history, plan):
    for node, ports in filters(plan, lab):
        for pair in opposite(plan, ports):
            sides = [(port, beside(plan, lab, node, port)) for port in pair]
            if not all(at for _, at in sides):
                continue
            addresses = [end_address(lab, history, plan, *at, port.lan) for port, at in sides]
            for here, there in ((0, 1), (1, 0)):
                port, (sender, device) = sides[here]
                end, entry = sides[there][1]
                guarded = bool(port.lan and port.lan.switch)
                yield Way(node, port.name, sender, device, addresses[here], end, entry, addresses[there], guarded)


def framed(way, macs, number, mark):
    """A message of a type from a way's sender as a frame to the filter; ``macs`` are those of both."""
    body = bytes(4) + ip_address(way.to).packed + mark + bytes(12)
    return icmp6_frame.frame(macs, way.source, way.to, passage.NEIGHBOUR, number, body)


def sent_through(history, targets, each_way):
    """Every message of one link on every way, an echo request after them: (whether it may pass, what was seen)."""
    made = []
    for way in each_way:
        numbers = [each for each in LOCAL if not (way.guarded and each in GUARDED)]
        made += [(way, each, f"{each} ({LOCAL[each]})", new_mark()) for each in numbers]
        made.append((way, ECHO_REQUEST, "an echo request", new_mark()))
    places = {(way.end.name, way.entry): (way.end, way.entry) for way in each_way}
    places |= {(way.filter.name, way.door): (way.filter, way.door) for way in each_way}
    with Watch(history, list(places.values()), frozenset(mark for *_, mark in made)) as watch:
        for way in each_way:
            macs = mac_of(way.sender, way.device), mac_of(way.filter, way.door)
            frames = [framed(way, macs, number, mark) for one, number, _, mark in made if one is way]
            send_frames(history, way.sender, way.device, frames)
        away, most = Deadline.after(targets["stays_away_s"]), patience.wait_for(history, targets["arrives_most_s"])
        watch.wait({mark: way.end.name for way, number, _, mark in made if number == ECHO_REQUEST}, most)
        watch.hold(away.left)
        seen = watch.passed()
    for way, number, what, mark in made:
        place = f"{way.filter.name} {way.door}"
        sent = passage.Sent(way.who, what, way.end.name, tuple(seen[mark]))
        if place not in sent.seen:
            raise CannotMeasure(f"{way.who}: {what} was not seen at {place}, so nothing was proved")
        yield number == ECHO_REQUEST, sent


@dataclass(frozen=True)
class Ask:
    """A solicitation of a filter's address ``target`` from its neighbour: from the unspecified address (duplicate
    address detection) or from the neighbour's own of the link."""

    where: str
    sender: Node
    device: str
    source: str
    target: str

    @property
    def nobody(self):
        return self.source == "::"


def asks(plan, lab):
    """At each filter: in its LANs, on its link with an ISP, and on the first of its other links, which are all alike."""
    for node, ports in filters(plan, lab):
        alike = [each for each in ports if each.kind == "link" and not each.link.ebgp]
        for port in (each for each in ports if each not in alike[1:]):
            if at := beside(plan, lab, node, port):
                sender, device = at
                held = (each.address for each in route.addresses(None, sender, 6) if each.device == device)
                local = next((each for each in held if ip_address(each).is_link_local), None)
                if local is None:
                    raise CannotMeasure(f"{sender.name} has no link-local address on {device}")
                ask = Ask(f"{sender.name} to {node.name} {port.name}", sender, device, "::", str(port.addresses[6].ip))
                yield from (ask, replace(ask, source=local))


def is_discovery(frame):
    return icmp6_frame.is_message(frame) and frame[icmp6_frame.TYPE] in (SOLICITATION, ADVERTISEMENT)


def about(ask, packet, kind, *, outgoing):
    """Whether a packet at the sender is of a kind of discovery, about the target of its ask."""
    at = packet.node, packet.device, packet.outgoing
    said = packet.data[icmp6_frame.TYPE], packet.data[icmp6_frame.TARGET]
    return at == (ask.sender.name, ask.device, outgoing) and said == (kind, ip_address(ask.target).packed)


def answers(ask, packet):
    """Whether a packet is what a solicitation is answered with: from nobody's address to all, else to who asked."""
    to_all = packet.data[icmp6_frame.DESTINATION][0] == 0xFF
    return about(ask, packet, ADVERTISEMENT, outgoing=False) and to_all == ask.nobody


def asked_besides(ask, packet):
    """Whether the sender's own kernel has just asked the same: the answer is then perhaps not to what was forged."""
    return about(ask, packet, SOLICITATION, outgoing=True) and packet.data[icmp6_frame.HOP_LIMIT] == passage.NEIGHBOUR


def solicited(history, targets, every):
    """Each ask with a hop limit that no neighbour's packet has, then with the right one."""
    places = {(each.sender.name, each.device): (each.sender, each.device) for each in every}
    macs = {place: mac_of(*at) for place, at in places.items()}
    with Capture(history, list(places.values()), is_discovery, passes=short()) as capture:
        for limit in (NOT_A_NEIGHBOUR, passage.NEIGHBOUR):
            before = len(capture.packets())
            for (name, device), (node, _) in places.items():
                mine = [each for each in every if (each.sender.name, each.device) == (name, device)]
                frames = [
                    icmp6_frame.solicitation(macs[name, device], each.source, each.target, limit) for each in mine
                ]
                send_frames(history, node, device, frames)
            if limit == NOT_A_NEIGHBOUR:
                capture.wait_for(lambda _: False, Deadline.after(targets["stays_away_s"]))
            most = Deadline.after(patience.wait_for(history, targets["arrives_most_s"]))
            for each in every:
                if limit == passage.NEIGHBOUR:
                    capture.wait_for(lambda packet, each=each: answers(each, packet), most)
            seen = capture.packets()[before:]
            for each in every:
                answered = any(answers(each, packet) for packet in seen)
                if limit != passage.NEIGHBOUR and any(asked_besides(each, packet) for packet in seen):
                    continue
                what = "from nobody's address" if each.nobody else "from a neighbour's address"
                yield passage.Asked(each.where, what, limit, answered)


@pytest.mark.waits
@pytest.mark.check("SEC-04")
def test_icmpv6_of_one_link_passes_no_filter_and_is_heard_from_neighbours_alone(lab, history, plan, targets, judged):
    each_way = list(ways(lab, history, plan))
    if not each_way:
        raise CannotMeasure("no filter has IPv6 on both sides at this stage")
    sent = list(sent_through(history, targets, each_way))
    if lost := [each for may, each in sent if may and not each.arrived]:
        raise CannotMeasure(f"not even an echo request passes, so silence says nothing: {lost[0].who}")
    findings = passage.none_pass([each for may, each in sent if not may])
    findings += passage.only_neighbours_heard(list(solicited(history, targets, list(asks(plan, lab)))))
    judged(findings, tuple(event.reference for event in history.events("probe.capture")[-2:]))
