import json
import secrets
from base64 import b64encode

import pytest
from using import resolve, used
from vantage import OUTSIDE, ca_of, families, ipv6_only_hosts, resolvers_of

from harness.errors import CannotMeasure
from harness.plan import derive
from harness.probe import dns, imap, mail, route, udp
from harness.probe.dns import DnsAsk
from harness.probe.dns_message import Question
from harness.probe.http import HttpAsk, Request, fetch_many
from harness.probe.mail import Login
from harness.probe.side_by_side import side_by_side
from harness.probe.tls import Tls
from harness.render.keys import Keys
from harness.verdict import ipv6_only as judge
from harness.verdict.ipv6_only import Use
from harness.wait import Condition, Deadline, until

WEB = 443
PAGES = {"qlvb": ("/", "/trang-thai"), "dvc": ("/", "/nop-ho-so")}
"""What is asked for where the start page alone would prove too little: the database, the form."""
NTP_REQUEST = bytes([0x23]) + bytes(47)
"""Version 4, a client's (RFC 5905 section 7.3)."""
SERVER = 4
"""The mode of an NTP answer."""
DELIVERED_IN = 10.0
"""Seconds from the server's yes to the message in the box."""


def catalogue(plan, lab, client):
    """The services that a client of its LAN may use at this stage."""
    kind = {"wired": {"wired", "agency"}, "wifi": {"agency"}}.get(derive.lan_of(plan, client.name).kind, set())
    return [
        each
        for each in plan.services
        if {"internet", *kind} & set(each.sources) and 6 in families(plan, lab, each.node)
    ]


def whole(plan, name):
    return f"{name}.{plan.domain}" if name else plan.domain


def named(history, client, name):
    """(an unusable name as a use that failed, its addresses). A client that was told no resolver can use no name."""
    if not any(":" in each for each in resolvers_of(client)):
        return (Use(f"{client.name}: {name}", False, "the client has learnt no resolver over IPv6", ""),), []
    seen, addresses = resolve(history, client, name)
    return () if addresses else (used(f"{client.name}: {name}", seen, False),), addresses


def web_uses(history, plan, client, services):
    """Every web site by each of its names: status 200, over TLS that the lab's CA vouches for."""
    officer = b64encode(f"canbo1:{Keys(plan.keys).password('canbo1')}".encode()).decode()
    found, asks = [], []
    places = [(service, whole(plan, each)) for service in services if WEB in service.tcp for each in service.names]
    looked = side_by_side(lambda place: named(history, client, place[1]), places)
    for (service, name), (failed, addresses) in zip(places, looked, strict=True):
        found += failed
        for path in PAGES.get(service.name, ("/",)) if addresses else ():
            headers = {"Authorization": f"Basic {officer}"} if service.name == "qlvb" else {}
            request = Request(name, path, headers=headers, tls=Tls(name, ca_of(client)))
            asks.append(HttpAsk(client, 6, addresses[0], request))
    seen = fetch_many(history, asks)
    for ask, each in zip(asks, seen, strict=True):
        where = f"{client.name}: https://{ask.request.host}{ask.request.path}"
        found.append(used(where, each, each.data.get("status") == 200))
    return found


def apply(history, plan, client):
    """A citizen's application with an upload of a paper."""
    name = next(whole(plan, each.names[0]) for each in plan.services if each.name == "dvc")
    failed, addresses = named(history, client, name)
    if failed:
        return list(failed)
    parts = "".join(
        f'--part\r\nContent-Disposition: form-data; name="{key}"{more}\r\n\r\n{value}\r\n'
        for key, more, value in (
            ("applicant", "", "Trần Thị Bình"),
            ("subject", "", "Kiểm tra IPv6"),
            ("file", '; filename="giay-to.txt"', "v6" * 10000),
        )
    )
    headers = {"Content-Type": "multipart/form-data; boundary=part", "Accept": "application/json"}
    body = f"{parts}--part--\r\n".encode()
    request = Request(name, "/nop-ho-so", "POST", headers, body, Tls(name, ca_of(client)))
    seen = fetch_many(history, [HttpAsk(client, 6, addresses[0], request)])[0]
    stored = seen.data.get("status") == 201 and json.loads(seen.raw)["size"] == 20000
    return [used(f"{client.name}: application with an upload", seen, stored)]


def letter(sender, recipient, subject):
    return f"From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: {subject}\r\n\r\nThử nghiệm.\r\n".encode()


def mail_uses(lab, history, plan, client):
    """A letter handed in and read, and one from outside read: submission, inbound and IMAP."""
    name = next(whole(plan, each.names[0]) for each in plan.services if each.name == "mail")
    failed, addresses = named(history, client, name)
    if failed:
        return list(failed)
    address, tls = addresses[0], Tls(name, ca_of(client))
    ours, theirs = (f"{user}@{plan.domain}" for user in ("canbo1", "canbo2"))
    logins = {user: Login(user, Keys(plan.keys).password(user)) for user in ("canbo1", "canbo2")}
    outside, stranger = lab.node(OUTSIDE[0]), "someone@example.net"

    def hand_in(subject):
        message = letter(ours, theirs, subject)
        return mail.send(history, client, 6, address, ours, [theirs], message, tls=tls, login=logins["canbo1"])

    def bring(subject):
        message = letter(stranger, theirs, subject)
        return mail.send(history, outside, 6, address, stranger, [theirs], message, port=25)

    def sent_and_read(way):
        where, what, send = way
        subject = f"v6lab {secrets.token_hex(6)}"
        sent = send(subject)
        found = [used(where, sent, sent.data.get("accepted", False))]
        if found[0].works:
            found.append(read(history, client, address, logins["canbo2"], subject, tls, what))
        return found

    ways = [
        (f"{client.name}: submission to {name}", "handed in", hand_in),
        (f"{OUTSIDE[0]}: mail to {name} port 25", "from outside", bring),
    ]
    return [use for found in side_by_side(sent_and_read, ways) for use in found]


def read(history, client, address, login, subject, tls, what):
    """Whether a letter comes into the box that its reader opens by IMAP."""
    last = []

    def there():
        last.append(imap.find(history, client, 6, address, login, subject, tls=tls))
        return None if last[-1].data.get("found") else "no such letter yet"

    until([Condition(f"the letter {what} is there", there)], Deadline.after(DELIVERED_IN), workers=1)
    seen = last[-1]
    said = seen.data.get("error") or seen.data.get("reason") or f"{seen.answer}, letters found: {seen.data['found']}"
    return Use(f"{client.name}: IMAP, letter {what}", bool(seen.data.get("found")), said, seen.event)


def dns_uses(lab, history, plan, client):
    """Each resolver that the client has learnt, and each name server of the province."""
    question, own = Question(f"www.{plan.domain}", "AAAA"), Question(plan.domain, "SOA", recursion=False)
    asks = [DnsAsk(client, 6, each, question) for each in resolvers_of(client) if ":" in each]
    for each in plan.services:
        address = derive.address(plan, each.node, 6, lab.stage) if each.name == "dns" else None
        asks += [DnsAsk(client, 6, str(address), own)] if address else []
    seen = dns.many(history, asks)
    return [
        used(f"{client.name}: DNS at {ask.server}", each, bool(each.data.get("answer")))
        for ask, each in zip(asks, seen, strict=True)
    ]


def time_uses(history, plan, client, services):
    """The province's time."""
    found = []
    names = [whole(plan, name) for each in services if each.name == "ntp" for name in each.names]
    for name, (failed, addresses) in zip(
        names, side_by_side(lambda name: named(history, client, name), names), strict=True
    ):
        found += failed
        for address in addresses:
            seen = udp.ask(history, client, 6, address, 123, NTP_REQUEST)
            works = len(seen.raw) >= 48 and seen.raw[0] & 7 == SERVER and 0 < seen.raw[1] < 16
            found.append(used(f"{client.name}: NTP at {name}", seen, works))
    return found


@pytest.mark.check("V6O-01")
def test_a_client_without_ipv4_uses_every_service_of_the_province(lab, history, plan, judged):
    hosts = ipv6_only_hosts(plan, lab, own=True)
    if not hosts:
        raise CannotMeasure("no client of the province has IPv6 alone at this stage")
    findings, groups = (), []
    for client in map(lab.node, hosts):
        findings += judge.no_ipv4(client.name, [each.address for each in route.addresses(history, client, 4)])
        services = catalogue(plan, lab, client)
        groups += [
            lambda client=client, services=services: web_uses(history, plan, client, services),
            lambda client=client: apply(history, plan, client),
            lambda client=client: mail_uses(lab, history, plan, client),
            lambda client=client: dns_uses(lab, history, plan, client),
            lambda client=client, services=services: time_uses(history, plan, client, services),
        ]
    uses = [use for group in side_by_side(lambda one: one(), groups) for use in group]
    evidence = (*(each.event for each in uses[:3]), *(f"{each.where}: {each.said}" for each in uses))
    judged(findings + judge.all_used(uses), evidence)
