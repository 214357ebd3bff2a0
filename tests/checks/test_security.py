import socket
import struct
from dataclasses import replace
from ipaddress import ip_address

import pytest
from vantage import INSIDE, OUTSIDE, families, own_address, web_servers

from harness.errors import CannotMeasure
from harness.plan import derive
from harness.plan.model import FAMILIES
from harness.probe import datagram_frame, icmp6_frame, patience, route, tcp_segment
from harness.probe.capture import Capture
from harness.probe.dial import TcpAsk, dial_many
from harness.probe.forged import Forged, Watch, new_mark, send
from harness.probe.icmp import EchoAsk, echo_many
from harness.probe.packet_filter import short
from harness.probe.tcp import connect_many
from harness.verdict import parity, passage
from harness.wait import Deadline

SOURCES = (*OUTSIDE, *INSIDE)
COMMON = (21, 22, 23, 25, 53, 80, 110, 111, 139, 143, 179, 389, 443, 445, 465, 587, 853, 993, 995, 2601)
COMMON += (3306, 3389, 5432, 5900, 8000, 8080, 8443, 9100)
PUBLISHED_TO_NOBODY = (22, 23, 111, 445, 3389, 5432, 8080)
"""Ports that the plan publishes on no host."""
ANSWERS_IN = patience.KERNEL_SECONDS


def servers(plan, lab):
    return list(dict.fromkeys(each.node for each in plan.services if families(plan, lab, each.node) == FAMILIES))


@pytest.mark.waits
@pytest.mark.check("SEC-01")
def test_the_open_ports_are_the_same_in_both_families(lab, history, plan, judged):
    ports = sorted({*COMMON, *(port for each in plan.services for port in each.tcp)})
    found = servers(plan, lab)
    keys = [
        (source, target, port)
        for source in SOURCES
        if families(plan, lab, source) == FAMILIES
        for target in found
        for port in ports
    ]
    at = {(each, family): str(derive.address(plan, each, family, lab.stage)) for each in found for family in FAMILIES}
    asks = [
        TcpAsk(lab.node(source), family, at[target, family], port)
        for source, target, port in keys
        for family in FAMILIES
    ]
    answered = connect_many(history, asks, ANSWERS_IN)
    seen = iter(answered)
    matrix = []
    for source, target, port in keys:
        both = {family: next(seen) for family in FAMILIES}
        told = {family: each.answer for family, each in both.items()}
        events = {family: each.event for family, each in both.items()}
        matrix.append(parity.Question(source, target, f"tcp {port}", told, events))
    if not matrix:
        raise CannotMeasure("no source and server have both families at this stage")
    if lacking := parity.controls(matrix):
        raise CannotMeasure(f"not one open port, so silence says nothing: {', '.join(lacking)}")
    judged(parity.same_open_sets(matrix), (matrix[0].events[4], *parity.how_blocked(answered)))


def inside(lab, history, plan):
    """Hosts of the province with IPv6 → their global addresses there, found or planned."""
    found = {}
    for each in plan.lans.values():
        if derive.is_own(plan, each.site) and 6 in derive.families(plan, each, lab.stage):
            for host in each.hosts:
                held = route.addresses(history, lab.node(host), 6)
                found[host] = [one.address for one in held if ip_address(one.address) in plan.own(6)]
    return found


def is_syn(frame):
    """An IPv6 TCP segment with SYN and without ACK."""
    return frame[12:14] == b"\x86\xdd" and len(frame) > 67 and frame[20] == 6 and frame[67] & 0x12 == 0x02


def syns(packets, sources):
    """Node, destination address and port of each that one of ``sources`` sent."""
    segments = ((each.node, tcp_segment.parse(each.data)) for each in packets)
    return {(node, one.destination, one.ports[1]) for node, one in segments if one and one.source in sources}


@pytest.mark.waits
@pytest.mark.check("SEC-02")
def test_nothing_unpublished_is_reached_from_outside(lab, history, plan, judged):
    hosts = inside(lab, history, plan)
    unused = [
        str(each.networks[6].network_address + 0xDEAD) for each in plan.lans.values() if set(each.hosts) & set(hosts)
    ]
    targets = [(host, address) for host, held in hosts.items() for address in held]
    targets += [("unused", address) for address in unused]
    keys = [
        (source, name, address, port) for source in OUTSIDE for name, address in targets for port in PUBLISHED_TO_NOBODY
    ]
    if not web_servers(plan, lab):
        raise CannotMeasure("no web server has IPv6 at this stage: there is nothing published to show that SYNs pass")
    server = web_servers(plan, lab)[0]
    published = str(derive.address(plan, server, 6, lab.stage))
    asks = [TcpAsk(lab.node(source), 6, address, port) for source, _, address, port in keys]
    controls = [TcpAsk(lab.node(source), 6, published, 443) for source in OUTSIDE]
    outside = {each.address for source in OUTSIDE for each in route.addresses(history, lab.node(source), 6)}
    with Capture(history, [(lab.node(host), "eth1") for host in hosts], is_syn, passes=short()) as capture:
        seen = connect_many(history, controls + asks, ANSWERS_IN)
        arrived = syns(capture.packets(), outside)
    if any(each.answer != "reply" for each in seen[: len(controls)]) or (server, published, 443) not in arrived:
        raise CannotMeasure(f"the published port 443 of {server} is not reached from outside: silence says nothing")
    matrix = [
        parity.Question(source, f"{name} [{address}]", f"tcp {port}", {6: each.answer}, {6: each.event})
        for (source, name, address, port), each in zip(keys, seen[len(controls) :], strict=True)
    ]
    # Others may be asking for what is published meanwhile.
    unpublished = {each for each in arrived if each[2] in PUBLISHED_TO_NOBODY}
    findings = parity.nothing_answers(matrix) + parity.not_arrived(unpublished)
    judged(findings, (*(each.event for each in seen[: len(controls)]), *parity.how_blocked(seen)))


TOO_BIG = (2, 0)
ERRORS = [(1, code) for code in range(7)] + [TOO_BIG, (3, 0), (4, 1), (4, 2)]
"""Type and code of the errors that RFC 4890 section 4.3.1 wants to pass."""
AFAR = "vnix"
"""A router in the Internet: errors about what the province sends come from there."""
NOBODYS_PORT = 9
"""Of no flow: an error about it is one that no state explains, as where the way back is another one."""


HOP_LIMIT, ACK = 64, 0x10
ETHERNET_MTU = 1500
"""No news to whoever hears it: nobody's path MTU is to change."""


def error_about(sender, receiver, other, ports, kind, mark):
    """An ICMPv6 error to ``receiver`` about a segment that it sent to ``other``."""
    segment = struct.pack("!HHIIBBHHH", *ports, 0, 0, 5 << 4, ACK, 8192, 0, 0) + mark
    ends = ip_address(receiver).packed + ip_address(other).packed
    culprit = struct.pack("!IHBB", 6 << 28, len(segment), socket.IPPROTO_TCP, HOP_LIMIT) + ends + segment
    word = struct.pack("!I", ETHERNET_MTU if kind == TOO_BIG else 0)  # RFC 4443 sections 3.1 to 3.4
    return icmp6_frame.packet(sender, receiver, HOP_LIMIT, kind, word + culprit)


def border(plan, lab):
    """The province's interfaces towards its ISPs."""
    own = plan.asns["province"].routers
    for link in plan.links:
        if link.ebgp and {link.a, link.b} & set(own):
            edge, isp = (link.a, link.b) if link.a in own else (link.b, link.a)
            yield lab.node(edge), isp


def connections(plan, lab):
    """(client, server, port) of flows through the firewalls: from outside to a web server, from agencies to the world."""
    yield from ((source, server, 443) for server in web_servers(plan, lab)[:1] for source in OUTSIDE)
    yield from ((source, "foreign-web", 80) for source in INSIDE if 6 in families(plan, lab, source))


def errors_of(lab, history, plan, flow, own_port):
    """(description, end, packet) of each error about a flow; to and from its end in the province."""
    client, server, port = flow
    at = {name: own_address(lab, history, plan, name, 6) for name in (client, server)}
    ports = {client: (own_port, port), server: (port, own_port)}
    inner, outer = (server, client) if client in OUTSIDE else (client, server)
    afar = str(derive.address(plan, AFAR, 6, lab.stage))
    ways = [(AFAR, afar, inner, outer), (inner, at[inner], outer, inner)]
    state = "no flow" if own_port == NOBODYS_PORT else "a flow"
    for sender, source, receiver, other in ways:
        for kind in ERRORS:
            mark = new_mark()
            packet = error_about(source, at[receiver], at[other], ports[receiver], kind, mark)
            what = f"from {sender} to {receiver} about {state} of {client} to {server} port {port}"
            yield what, f"{kind[0]}/{kind[1]}", receiver, Forged(lab.node(sender), 6, at[receiver], mark, packet)


def open_flows(lab, history, plan, flows):
    """A connection of each flow, dialled at once."""
    asks = [
        TcpAsk(lab.node(client), 6, own_address(lab, history, plan, server, 6), port) for client, server, port in flows
    ]
    found = dict(dial_many(asks, [patience.wait_for(history, ANSWERS_IN, patience.tcp(*ask[:4])) for ask in asks]))
    return [found[index] for index in range(len(asks))]


@pytest.mark.check("SEC-03")
def test_icmpv6_errors_and_echoes_pass_the_firewalls(lab, history, plan, targets, judged):
    flows, opened, errors = list(connections(plan, lab)), [], []
    if not flows:
        raise CannotMeasure("no flow crosses the firewalls in IPv6 at this stage")
    try:
        opened = open_flows(lab, history, plan, flows)
        for (client, server, port), one in zip(flows, opened, strict=True):
            if one.sock is None:
                raise CannotMeasure(f"{client} does not reach {server} port {port}: there is no flow to send errors of")
            for own_port in (one.data["source_port"], NOBODYS_PORT):
                errors += errors_of(lab, history, plan, (client, server, port), own_port)
        ends = {end for _, _, end, _ in errors} | {each.node.name for *_, each in errors if each.node.name != AFAR}
        places = [*border(plan, lab), *((lab.node(end), "eth1") for end in sorted(ends))]
        with Watch(history, places, frozenset(each.mark for *_, each in errors)) as watch:
            send(history, [each for *_, each in errors])
            watch.wait({each.mark: end for _, _, end, each in errors}, targets["arrives_most_s"])
            seen = watch.passed()
    finally:
        for each in opened:
            if each.sock:
                each.sock.close()
    sent = [passage.Sent(who, what, end, tuple(seen[each.mark])) for who, what, end, each in errors]
    if lost := passage.unsent(sent):
        raise CannotMeasure(f"seen neither at the province's border nor at their sender: {'; '.join(lost[:3])}")
    echoes = echo_many(
        history, [EchoAsk(lab.node(one), 6, own_address(lab, history, plan, other, 6)) for one, other, _ in flows]
    )
    sent += [
        passage.Sent(f"{one} to {other}", "128/0, 129/0", other, (f"{other} eth1",) if each.answer == "reply" else ())
        for (one, other, _), each in zip(flows, echoes, strict=True)
    ]
    judged(passage.all_arrive(sent), tuple(event.reference for event in history.events("probe.forged")[-1:]))


NAMES = 53
"""A port that policy leaves open to the world and to the province's name servers, for all who may send at all."""


def claim(source, to, mark):
    """A datagram to a name server that says it is from ``source``."""
    return datagram_frame.packet(source, to, (40053, NAMES), mark)


def spare(network):
    """An address of a LAN that no host has."""
    return str(network.network_address + (0xBAD if network.version == 6 else 77))


def liars(lab, plan, family):
    """(host, whom it can send to through a filter) of each of the province's LANs and of both ISPs."""
    translators = {each.node for each in plan.nat64.values()}
    for lan in plan.lans.values():
        if derive.is_own(plan, lan.site) or plan.sites[lan.site].zone == "agency":
            host = next(iter(lan.hosts))
            if family in families(plan, lab, host) and host not in translators:
                near = [] if "ns1" in lan.hosts else ["ns1"]
                yield host, [each for each in (*near, "foreign-web") if family in families(plan, lab, each)]
    yield from ((host, ["ns1"]) for host in OUTSIDE if family in families(plan, lab, "ns1"))


def lies(lab, history, plan, host, family):
    """Sources that a host may not claim: of the Internet and of the province, wherever it is not itself."""
    lan = derive.lan_of(plan, host)
    others = [each for each in plan.lans.values() if derive.is_own(plan, each.site) and each.name != lan.name]
    others = [each for each in others if family in derive.families(plan, each, lab.stage)]
    kinds = {each.kind: each for each in others}  # one LAN of a kind will do
    found = {f"{each.name}": spare(each.networks[family]) for each in kinds.values()}
    if host not in OUTSIDE:
        found["the Internet"] = own_address(lab, history, plan, OUTSIDE[0], family)
    else:
        found["a router"] = str(derive.address(plan, plan.asns["province"].routers[0], family, lab.stage))
    return {who: address for who, address in found.items() if address != "None"}


def claims(lab, history, plan):
    """(packet's description, its end, whether it is true, packet)."""
    for family in FAMILIES:
        for host, targets in liars(lab, plan, family):
            true = {"itself": own_address(lab, history, plan, host, family)}
            for target in targets:
                to = str(derive.address(plan, target, family, lab.stage))
                for who, source in (lies(lab, history, plan, host, family) | true).items():
                    mark = new_mark()
                    packet = Forged(lab.node(host), family, to, mark, claim(source, to, mark))
                    what = f"IPv{family} as {who} ({source})"
                    yield passage.Sent(f"{host} to {target}", what, target, ()), who == "itself", packet


@pytest.mark.waits
@pytest.mark.check("SEC-05")
def test_nobody_sends_with_anothers_address(lab, history, plan, targets, judged):
    made = sorted(claims(lab, history, plan), key=lambda each: each[1])  # lies first: what came after them arrived
    if not made:
        raise CannotMeasure("no family is on in the province at this stage")
    places = {(each.node.name, "eth1") for *_, each in made} | {(sent.end, "eth1") for sent, *_ in made}
    edges = {node.name for node, _ in border(plan, lab)}
    where = [*border(plan, lab), *((lab.node(name), device) for name, device in sorted(places))]
    with Watch(history, where, frozenset(each.mark for *_, each in made)) as watch:
        send(history, [each for *_, each in made])
        away, most = Deadline.after(targets["stays_away_s"]), patience.wait_for(history, targets["arrives_most_s"])
        watch.wait({each.mark: sent.end for sent, true, each in made if true}, most)
        watch.hold(away.left)  # counted from the last packet, so the wait before is part of it
        seen = watch.passed()
    done = [(replace(sent, seen=tuple(seen[each.mark])), true, each) for sent, true, each in made]
    for sent, true, each in done:
        before = edges if each.node.name in OUTSIDE else {each.node.name}
        if not true and not any(place.split()[0] in before for place in sent.seen):
            raise CannotMeasure(f"{sent.who}: {sent.what} was not seen before the filter: nothing was proved")
    findings = passage.all_arrive([sent for sent, true, _ in done if true])
    findings += passage.none_arrive([sent for sent, true, _ in done if not true])
    judged(findings, tuple(event.reference for event in history.events("probe.forged")[-1:]))
