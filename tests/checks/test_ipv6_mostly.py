import secrets

import pytest
from vantage import resolvers_of

from harness.errors import CannotMeasure
from harness.plan import derive
from harness.probe import dhcp4, dns, route
from harness.probe.capture import Capture, send_frame
from harness.probe.dhcp4 import ACK, DISCOVER, OFFER, RELEASE, REQUEST
from harness.probe.dns_message import Question, values
from harness.probe.http import HttpAsk, Request, fetch_many
from harness.probe.packet_filter import short
from harness.verdict import ipv6_mostly as judge
from harness.verdict import ipv6_only
from harness.verdict.ipv6_mostly import Given
from harness.verdict.ipv6_only import Use
from harness.wait import Deadline

DEVICE, V4_ONLY = "eth1", "ipv4only.example.com"


def mostly(plan, lab):
    """(LAN, its running clients) of each LAN of the province that is IPv6-mostly at the stage."""
    found = [
        (lan, [lab.node(each) for each, number in lan.hosts.items() if number is None])
        for lan in plan.lans.values()
        if derive.is_own(plan, lan.site) and derive.mostly(plan, lan, lab.stage)
    ]
    if not found:
        raise CannotMeasure("no LAN is IPv6-mostly at this stage")
    return found


class Visitor:
    """A device with a made-up hardware address at a client's port, which asks for IPv4."""

    def __init__(self, history, capture, node, *, v6only):
        self.history, self.capture, self.node, self.v6only = history, capture, node, v6only
        self.mac, self.transaction = f"02:{secrets.token_bytes(5).hex(':')}", secrets.token_bytes(4)

    def send(self, frame):
        send_frame(self.history, self.node, DEVICE, frame)

    def ask(self, kind, wanted, deadline, taking=None):
        """The answer of a kind to a question of a kind; ``None`` if none comes."""
        self.send(dhcp4.question(kind, self.transaction, self.mac, v6only=self.v6only, taking=taking))

        def is_it(packet):
            told = dhcp4.parse(packet.data)
            here = packet.node == self.node.name and not packet.outgoing
            return here and told is not None and (told.kind, told.transaction) == (wanted, self.transaction)

        packet = self.capture.wait_for(is_it, deadline)
        return dhcp4.parse(packet.data) if packet else None

    def router_answers(self, held, deadline):
        """Whether the router that was named answers who has the address now."""
        self.send(dhcp4.arp_request(self.mac, held.address, held.router))

        def is_it(packet):
            return packet.node == self.node.name and dhcp4.is_arp_reply(packet.data, self.mac, held.router)

        return self.capture.wait_for(is_it, deadline) is not None

    def release(self, held):
        self.send(dhcp4.question(RELEASE, self.transaction, self.mac, taking=held))


def offered(visitor, deadline):
    """What a device that can do without IPv4 is told; it takes nothing."""
    offer = visitor.ask(DISCOVER, OFFER, deadline)
    return offer and Given(offer.address, offer.v6only_s)


def leased(visitor, deadline):
    """What a device that knows IPv4 only gets, keeps and uses, and gives back."""
    offer = visitor.ask(DISCOVER, OFFER, deadline)
    if offer is None:
        return None
    held = visitor.ask(REQUEST, ACK, deadline, taking=offer)
    if held is None:
        return Given(offer.address, offer.v6only_s)
    try:
        answers = held.router is not None and visitor.router_answers(held, deadline)
    finally:
        visitor.release(held)
    told = offer.v6only_s if offer.v6only_s is not None else held.v6only_s
    return Given(held.address, told, kept=True, router_answers=answers)


def is_for_visitors(frame):
    return dhcp4.parse(frame) is not None or frame[12:14] == b"\x08\x06"


def served(history, client):
    """What a client does without IPv4: a page of the IPv4 Internet, by name."""
    servers = [each for each in resolvers_of(client) if ":" in each]
    where = f"{client.name}: http://{V4_ONLY}/"
    if not servers:
        return Use(where, False, "it has learnt no resolver over IPv6")
    seen = dns.query(history, client, 6, servers[0], Question(V4_ONLY, "AAAA"))
    given = values(dict(seen.data), "AAAA") if seen.answer == "reply" else []
    if not given:
        return Use(where, False, f"no AAAA at {servers[0]}", seen.event)
    page = fetch_many(history, [HttpAsk(client, 6, given[0], Request(V4_ONLY))])[0]
    said = str(page.data.get("status") or page.data.get("reason") or page.answer)
    return Use(where, page.data.get("status") == 200, said, page.event)


@pytest.mark.check("V6O-09")
def test_ipv4_is_for_those_who_cannot_do_without(lab, history, plan, targets, judged):
    findings, evidence = (), []
    for lan, clients in mostly(plan, lab):
        for client in clients:
            held = [each.address for each in route.addresses(history, client, 4)]
            use = served(history, client)
            findings += ipv6_only.no_ipv4(client.name, held) + ipv6_only.all_used([use])
            evidence.append(use.event)
        with Capture(history, [(clients[0], DEVICE)], is_for_visitors, passes=short()) as capture:
            able, legacy = (Visitor(history, capture, clients[0], v6only=each) for each in (True, False))
            told = offered(able, Deadline.after(targets["dhcp4_answer_s"]))
            kept = leased(legacy, Deadline.after(targets["dhcp4_answer_s"]))
        findings += judge.does_without(
            f"a device in {lan.name} that asks for option 108", told, targets["v6only_wait_least_s"]
        )
        findings += judge.keeps_ipv4(f"a device in {lan.name} that knows IPv4 only", kept, lan.networks[4])
    evidence += [event.reference for event in history.events("probe.capture")[-1:]]
    judged(findings, tuple(evidence))
