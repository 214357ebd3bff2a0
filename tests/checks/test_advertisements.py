import secrets
import time

import pytest

from harness.errors import CannotMeasure
from harness.plan import derive
from harness.probe import dhcp6, dns
from harness.probe.capture import Capture, mac_of, send_frame
from harness.probe.dns import DnsAsk
from harness.probe.dns_message import Question
from harness.probe.packet_filter import short
from harness.probe.solicited import advertisements, link_local
from harness.verdict import dhcp6 as judge_dhcp6
from harness.verdict import ra as judge_ra
from harness.verdict.verdict import Finding
from harness.wait import Condition, Deadline, until


def advertised(seen):
    prefixes = {each.prefix: (each.on_link, each.autonomous, each.valid, each.preferred) for each in seen.prefixes}
    dns = {address: each.lifetime for each in seen.resolvers for address in each.addresses}
    pref64 = tuple(each.prefix for each in seen.pref64)
    head = (seen.managed, seen.other, seen.preference, seen.router_lifetime, seen.mtu)
    return judge_ra.Advertised(*head, prefixes, dns, pref64)


def hearers(lab, plan):
    """A client of each LAN that advertisements are for: client → LAN."""
    found = {}
    for each in plan.lans.values():
        client = next((host for host, number in each.hosts.items() if number is None), None)
        if client and each.ra != "none" and 6 in derive.families(plan, each, lab.stage):
            found[client] = each
    return found


@pytest.fixture(scope="module")
def heard(lab, history, plan):
    """What each LAN hears after a solicitation: client → (LAN, advertisement or ``None``)."""
    lans = hearers(lab, plan)
    heard = advertisements(history, [lab.node(name) for name in lans])
    return {name: (lan, advertised(heard[name]) if heard[name] else None) for name, lan in lans.items()}


@pytest.mark.check("DS-04")
def test_advertisements_say_what_the_plan_says(lab, history, plan, heard, targets, judged):
    findings = ()
    for name, (lan, seen) in heard.items():
        if seen is None:
            findings += (Finding(f"{name} eth1", "no advertisement after a solicitation", "one"),)
            continue
        findings += judge_ra.as_planned(
            f"{name} eth1",
            lan,
            seen,
            judge_ra.resolvers(plan, lan, lab.stage),
            targets["ra_lifetime_least_s"],
            translated=derive.translated(plan, lan, lab.stage),
        )
    judged(findings, tuple(event.reference for event in history.events("probe.capture")[-1:]))


QUESTIONS = (dhcp6.SOLICIT, dhcp6.INFORMATION_REQUEST)


def asked_for_dhcp6(lab, history, clients, seconds):
    """Each client's link is asked for an address and for the rest, the clients' own DHCPv6 untouched."""
    places = [(lab.node(name), "eth1") for name in clients]
    asked = {(name, kind): secrets.token_bytes(3) for name in clients for kind in QUESTIONS}
    marks, sent, found = {each: place for place, each in asked.items()}, {}, {}
    with Capture(history, places, lambda frame: dhcp6.parse(frame) is not None, passes=short()) as capture:
        for node, device in places:
            source, mac = link_local(node, device), mac_of(node, device)
            for kind in QUESTIONS:
                sent[node.name, kind] = time.monotonic()
                send_frame(history, node, device, dhcp6.question(kind, asked[node.name, kind], source, mac))

        def missing():
            for packet in capture.packets():
                answer = dhcp6.parse(packet.data)
                if not packet.outgoing and answer.transaction in marks:
                    found.setdefault(marks[answer.transaction], (packet.at, answer))
            return None if len(found) == len(asked) else "not all have answered"

        until([Condition("answers", missing)], Deadline.after(seconds))
    served = {}
    for name in clients:
        offer, other = found.get((name, dhcp6.SOLICIT)), found.get((name, dhcp6.INFORMATION_REQUEST))
        given = offer is not None and offer[1].addresses > 0
        served[name] = judge_dhcp6.Served(
            offer[0] - sent[name, dhcp6.SOLICIT] if given else None,
            other[0] - sent[name, dhcp6.INFORMATION_REQUEST] if other else None,
            refused=offer is not None and not given,
        )
    return served


@pytest.mark.waits
@pytest.mark.check("DS-05")
def test_the_flags_agree_with_the_dhcpv6_that_there_is(lab, history, plan, heard, targets, judged):
    own = {name: seen for name, (lan, seen) in heard.items() if derive.is_own(plan, lan.site)}
    most = targets["dhcp6_answer_s"]
    served = asked_for_dhcp6(lab, history, heard, most)
    if not any(each.address_s is not None or each.other_s is not None or each.refused for each in served.values()):
        raise CannotMeasure("no DHCPv6 server answers anywhere, not even an ISP's, so silence says nothing")
    findings = ()
    for name, seen in own.items():
        if seen is None:
            findings += (Finding(f"{name} eth1", "no advertisement after a solicitation", "one"),)
        else:
            findings += judge_dhcp6.flags_agree(f"{name} eth1", seen.managed, seen.other, served[name], most)
    judged(findings, tuple(event.reference for event in history.events("probe.capture")[-1:]))


def resolvers_of(node):
    """The IPv6 resolvers that a host really has."""
    try:
        lines = (node.root / "etc/resolv.conf").read_text().splitlines()
    except OSError as error:
        raise CannotMeasure(f"{node.name} has no resolv.conf: {error}") from error
    words = [line.split() for line in lines if line.startswith("nameserver")]
    return [each[1] for each in words if len(each) > 1 and ":" in each[1]]


@pytest.mark.check("DS-06")
def test_hosts_learn_a_resolver_over_ipv6_that_answers_and_keep_it(lab, history, plan, heard, targets, judged):
    name = f"www.{plan.domain}"
    asks = [
        DnsAsk(lab.node(client), 6, server, Question(name, "A"))
        for client in heard
        for server in resolvers_of(lab.node(client))
    ]
    answers = dns.many(history, asks)
    used = {client: {} for client in heard}
    for ask, seen in zip(asks, answers, strict=True):
        used[ask.node.name][ask.server] = seen.data.get("rcode", seen.answer)
    findings = ()
    for client, (_, seen) in heard.items():
        findings += judge_ra.learned(client, seen, used[client], targets["ra_lifetime_least_s"])
    judged(findings, tuple(each.event for each in answers))
