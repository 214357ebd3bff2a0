from contextlib import contextmanager

import pytest
from vantage import resolvers_of

from harness.errors import CannotMeasure
from harness.plan.model import FAMILIES
from harness.probe import route
from harness.probe.capture import send_frames
from harness.probe.forged import Watch, new_mark
from harness.render import view
from harness.verdict import passage
from harness.wait import Condition, Deadline, until

ROGUE, ROGUE_MAC, ROGUE_PREFIX = "fe80::bad", "02:00:00:00:0b:ad", "2001:db8:bad::"
SOON_OVER = 4
"""Seconds that a host believes what it was wrongly told."""


def rogue_frames():
    """What no access port may send: kind → (mark, frame). ``control`` is of no kind, and passes."""
    from scapy.layers.inet import IP, UDP
    from scapy.layers.inet6 import ICMPv6ND_RA, ICMPv6NDOptPrefixInfo, ICMPv6NDOptRDNSS, IPv6
    from scapy.layers.l2 import Ether
    from scapy.packet import Raw

    six = Ether(src=ROGUE_MAC, dst="33:33:00:00:00:01")
    head = IPv6(src=ROGUE, dst="ff02::1", hlim=255)

    def message(kind, mark):
        if kind == "RA":
            prefix = ICMPv6NDOptPrefixInfo(prefix=ROGUE_PREFIX, validlifetime=SOON_OVER, preferredlifetime=SOON_OVER)
            resolver = ICMPv6NDOptRDNSS(dns=[ROGUE_PREFIX + "1"], lifetime=SOON_OVER)
            return ICMPv6ND_RA(routerlifetime=SOON_OVER, prf=1) / prefix / resolver / Raw(b"\xfd\x02" + mark + b"\0\0")
        ports = {"DHCPv6 reply": (547, 546), "control": (9, 9)}[kind]
        return UDP(sport=ports[0], dport=ports[1]) / Raw(b"\x07\x0b\x0a\x0d" + mark)

    found = {}
    for kind in ("RA", "DHCPv6 reply"):
        for variant, build in VARIANTS.items():
            mark = new_mark()
            found[f"{kind}{variant}"] = mark, [bytes(six / each) for each in build(head, message(kind, mark))]
    mark = new_mark()
    four = IP(src="10.66.66.66", dst="255.255.255.255") / UDP(sport=67, dport=68) / Raw(bytes([2]) + bytes(239) + mark)
    found["DHCPv4 reply"] = mark, [bytes(Ether(src=ROGUE_MAC, dst="ff:ff:ff:ff:ff:ff") / four)]
    mark = new_mark()
    found["control"] = mark, [bytes(six / head / message("control", mark))]
    return found


def padding(kind):
    """An extension header of 16 octets that says nothing: hop-by-hop or destination options."""
    from scapy.layers import inet6

    return getattr(inet6, kind)(options=[inet6.PadN(optdata=bytes(12))])


def in_fragments(head, message):
    """RFC 7113 section 2: the first fragment holds no more than an extension header, the second what matters."""
    from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
    from scapy.packet import Raw

    whole = bytes(head / padding("IPv6ExtHdrDestOpt") / message)[40:]
    identifier = int.from_bytes(new_mark()[-4:], "big")
    for offset, more, part in ((0, 1, whole[:16]), (2, 0, whole[16:])):
        fragment = IPv6ExtHdrFragment(nh=60, offset=offset, m=more, id=identifier)
        yield IPv6(src=head.src, dst=head.dst, hlim=255) / fragment / Raw(part)


VARIANTS = {
    "": lambda head, message: [head / message],
    " behind hop-by-hop options": lambda head, message: [head / padding("IPv6ExtHdrHopByHop") / message],
    " behind destination options": lambda head, message: [head / padding("IPv6ExtHdrDestOpt") / message],
    " in fragments": lambda head, message: list(in_fragments(head, message)),
}
"""How RFC 7113 tells that filters were got round: a builder of packets from an IPv6 header and a message each."""


def belief(history, node):
    """What a host believes about its network: addresses, routes and resolvers."""
    found = {"resolvers": resolvers_of(node)}
    for family in FAMILIES:
        held = route.addresses(history, node, family)
        found[f"IPv{family} addresses"] = sorted(f"{each.address}/{each.prefix_length}" for each in held)
        found[f"IPv{family} routes"] = sorted(
            f"{each.destination} via {hop.gateway or hop.device}"
            for each in route.routes(history, node, family)
            for hop in each.next_hops
        )
    return found


@contextmanager
def visitors(lab, history, lans):
    """A new device at a free port of each LAN's switch: LAN → (node that it is in, its interface). Unplugged after."""
    made, plugging = {}, {}
    for number, lan in enumerate(lans):
        switch = lab.node(lan.switch)
        links = {each.index: each for each in route.links(history, switch)}
        ports = view.bridges(lab.topology, lab.plan, lan.switch)[lan.name]["access"]
        bridge = links[next(each.master for each in links.values() if each.device in ports)].device
        made[lan.name] = switch, f"visitor{number}"
        plugging.setdefault(lan.switch, []).append(
            f"ip link add free{number} type veth peer name visitor{number} && ip link set visitor{number} up "
            f"&& ip link set free{number} master {bridge} up"
        )
    try:
        for switch, commands in plugging.items():
            done = lab.exec(switch, "sh", "-c", " && ".join(commands))
            if done.code:
                raise CannotMeasure(f"no visitor can be plugged into {switch}: {done.err.strip()}")
        yield made
    finally:
        for switch in plugging:
            there = [device for node, device in made.values() if node.name == switch]
            lab.exec(switch, "sh", "-c", "; ".join(f"ip link delete {each}" for each in there))


@pytest.mark.check("SEC-07")
@pytest.mark.disturbs
def test_no_access_port_plays_router_or_dhcp_server(lab, history, plan, targets, judged):
    lans = [each for each in plan.lans.values() if each.switch]
    watched = {each.name: members(plan, lab, each) for each in lans}
    hosts = [node for lan in lans for node, _ in watched[lan.name] if node.name in lan.hosts]
    before = {node.name: belief(history, node) for node in hosts}
    with visitors(lab, history, lans) as plugged:
        origins = [(lan, plugged[lan.name], "a visitor") for lan in lans]
        origins += [(lan, watched[lan.name][0], watched[lan.name][0][0].name) for lan in lans]
        frames = [(*each, rogue_frames()) for each in origins]
        marks = frozenset(mark for *_, made in frames for mark, _ in made.values())
        with Watch(history, [place for places in watched.values() for place in places], marks) as watch:
            for _, (node, device), _, made in frames:
                send_frames(history, node, device, [each for _, parts in made.values() for each in parts])
            wanted = [
                (made["control"][0], end) for lan, place, _, made in frames for end in ends(watched[lan.name], place)
            ]
            for mark, end in wanted:
                watch.wait({mark: end}, targets["arrives_most_s"])
            watch.hold(targets["stays_away_s"])
            seen = watch.passed()
    sent = [
        (kind, passage.Sent(f"{who} in {lan.name}", kind, end, tuple(seen[mark])))
        for lan, place, who, made in frames
        for kind, (mark, _) in made.items()
        for end in ends(watched[lan.name], place)
    ]
    if lost := [f"{each.who} to {each.end}" for kind, each in sent if kind == "control" and not each.arrived]:
        raise CannotMeasure(f"a frame that is allowed does not arrive, so silence says nothing: {', '.join(lost[:5])}")
    findings = passage.none_arrive([each for kind, each in sent if kind != "control"])

    def changes(log=None):
        return sum((passage.unchanged(node.name, before[node.name], belief(log, node)) for node in hosts), ())

    if findings:  # then it is worth waiting for what a host makes of it, and for it to forget
        until([Condition("a host believes it", lambda: None if changes() else "not yet")], Deadline.after(SOON_OVER))
    findings += changes(history)
    if findings:
        until([Condition("all is as it was", lambda: "not yet" if changes() else None)], Deadline.after(4 * SOON_OVER))
    judged(findings, tuple(event.reference for event in history.events("probe.capture")[-1:]))


def members(plan, lab, lan):
    """The interfaces of a LAN's hosts and gateways, hosts first."""
    found = [(lab.node(each), "eth1") for each in lan.hosts] + [(lab.node(each), lan.port) for each in lan.gateways]
    return [(node, device) for node, device in found if node.state == "running"]


def ends(places, origin):
    """The nodes that hear what ``origin`` sends to all."""
    return [node.name for node, device in places if (node.name, device) != (origin[0].name, origin[1])]
