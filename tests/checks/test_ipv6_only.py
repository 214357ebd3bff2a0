import json
import secrets
from base64 import b64encode

import pytest
from vantage import OUTSIDE, access_logs, ca_of, families, ipv6_only_hosts, operator_of, outside_of, resolvers_of

from harness.errors import CannotMeasure
from harness.plan import derive, zones
from harness.probe import dns, imap, mail, route, udp
from harness.probe.dns import DnsAsk
from harness.probe.dns_message import Question, values
from harness.probe.http import HttpAsk, Request, fetch_many
from harness.probe.icmp import EchoAsk, echo_many
from harness.probe.mail import Login
from harness.probe.side_by_side import side_by_side
from harness.probe.sysctl import sysctls
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
V4_ONLY, V4_ONLY_SERVER, FOREIGN_DNS = "ipv4only.example.com", "foreign-web", "vn-dns"
FOREIGN_NAMES = ("www.example.com", "dualstack.example.com", "ns.example.com", "mail.example.com")


def resolve(history, client, name, rdtype="AAAA"):
    """(what was seen, the values) of a name as the client's own first resolver says."""
    servers = [each for each in resolvers_of(client) if ":" in each]
    if not servers:
        raise CannotMeasure(f"{client.name} has learnt no resolver that it could ask over IPv6")
    seen = dns.query(history, client, 6, servers[0], Question(name, rdtype))
    return seen, values(dict(seen.data), rdtype) if seen.answer == "reply" else []


def used(where, seen, works):
    """A use as the judge wants it."""
    told = (seen.data.get(each) for each in ("status", "rcode", "reason"))
    said = next((str(each) for each in told if each), seen.answer)
    return Use(where, seen.answer == "reply" and works, said, seen.event)


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


def translated(plan, lab):
    """(client, its operator) of every host that reaches IPv4 by translation."""
    hosts = ipv6_only_hosts(plan, lab, own=True) + ipv6_only_hosts(plan, lab, own=False)
    found = [(lab.node(each), operator_of(plan, derive.lan_of(plan, each))) for each in hosts]
    if not found:
        raise CannotMeasure("no client has IPv6 alone at this stage")
    return found


@pytest.mark.check("V6O-02")
def test_the_ipv4_internet_is_reached_through_dns64_and_nat64(lab, history, plan, targets, judged):
    four = {name: str(derive.address(plan, name, 4, lab.stage)) for name in (V4_ONLY_SERVER, FOREIGN_DNS)}

    def through(place):
        """The findings about one client, and the evidence."""
        client, operator = place
        pool = outside_of(plan, lab, operator)
        six = {name: str(derive.synthesised(operator.prefix, address)) for name, address in four.items()}
        seen, given = resolve(history, client, V4_ONLY)
        where = f"{client.name} to {V4_ONLY}"
        findings = judge.synthesised(where, given, [six[V4_ONLY_SERVER]], seen.event)
        token = secrets.token_hex(8)
        request = Request(V4_ONLY, f"/whoami?dau-vet={token}")
        target = given[0] if given else six[V4_ONLY_SERVER]
        question = Question("example.com", "SOA", recursion=False)
        asks = [
            lambda: fetch_many(history, [HttpAsk(client, 6, target, request)])[0],
            lambda: echo_many(history, [EchoAsk(client, 6, target)])[0],
            lambda: dns.query(history, client, 6, six[FOREIGN_DNS], question),
        ]
        page, ping, answer = side_by_side(lambda ask: ask(), asks)
        uses = [
            used(f"{where}: HTTP", page, page.data.get("status") == 200),
            used(f"{where}: echo", ping, True),
            used(f"{client.name} to {FOREIGN_DNS} [{six[FOREIGN_DNS]}]: UDP", answer, bool(answer.data.get("answer"))),
        ]
        findings += judge.all_used(uses)
        if uses[0].works:
            log = access_logs(lab, {V4_ONLY_SERVER: [token]}, targets["arrives_most_s"])[V4_ONLY_SERVER]
            line = next((each for each in log.splitlines() if token in each), "")
            logged = line.partition("client=[")[2].partition("]")[0]
            findings += judge.from_pool(f"{V4_ONLY_SERVER}'s log about {client.name}", logged, pool, page.event)
            findings += judge.from_pool(
                f"{V4_ONLY_SERVER}'s page for {client.name}", page.raw.decode(), pool, page.event
            )
        return findings, (page.event, ping.event, answer.event)

    found = side_by_side(through, translated(plan, lab))
    findings = sum((each for each, _ in found), ()) + lifetimes(lab, history, plan, targets)
    judged(findings, sum((each for _, each in found), ()))


TIMEOUTS = {
    "UDP, unanswered": ("net.netfilter.nf_conntrack_udp_timeout", "udp_binding_least_s"),
    "UDP": ("net.netfilter.nf_conntrack_udp_timeout_stream", "udp_binding_least_s"),
    "established TCP": ("net.netfilter.nf_conntrack_tcp_timeout_established", "tcp_established_least_s"),
    "echo": ("net.netfilter.nf_conntrack_icmp_timeout", "icmp_binding_least_s"),
    "echo in IPv6": ("net.netfilter.nf_conntrack_icmpv6_timeout", "icmp_binding_least_s"),
}
"""Kind of state → the setting that says how long it lasts, and the target."""
TAYGA_LEAST_S = 7440
"""Seconds for which tayga keeps an unused address of its dynamic pool for its client: built in, 2 h 4 min at least."""


def lifetimes(lab, history, plan, targets):
    """How long state lasts in the province's translator and in the firewalls and gateways on the way to it."""
    gateways = {
        gateway
        for lan in plan.lans.values()
        if derive.is_own(plan, lan.site) and derive.translated(plan, lan, lab.stage)
        for gateway in lan.gateways
    }
    translator = plan.nat64["province"].node
    firewalls = derive.lan_of(plan, translator).gateways
    least = {kind: targets[key] for kind, (_, key) in TIMEOUTS.items()}
    findings = ()
    for name in sorted({translator, *firewalls, *gateways}):
        node = lab.node(name)
        held = sysctls(history, node, [setting for setting, _ in TIMEOUTS.values()])
        seconds = {
            kind: None if held[setting] is None else float(held[setting]) for kind, (setting, _) in TIMEOUTS.items()
        }
        findings += judge.lasts(name, seconds, least)
    if "dynamic-pool" in (lab.node(translator).root / "etc/tayga.conf").read_text():
        address = {"the address of a client": TAYGA_LEAST_S}
        wanted = {"the address of a client": targets["tcp_established_least_s"]}
        findings += judge.lasts(translator, address, wanted)
    return findings


def dual_names(plan, lab, history):
    """Every name of the province, public or internal, and of some others, that has A and AAAA → its AAAA, as the
    authoritative servers say."""
    own = {zones.canonical(plan, node) for node in zones.servers(plan)}
    own |= {name for node in zones.servers(plan) for name in zones.names_of(plan, node)}
    internal = f".{zones.INTERNAL}.{plan.domain}"
    places = [
        ([each for each in sorted(own) if not each.endswith(internal)], lab.node(OUTSIDE[0]), first(plan, lab, "dns")),
        ([each for each in sorted(own) if each.endswith(internal)], lab.node("resolver1"), first(plan, lab, "dns")),
        (list(FOREIGN_NAMES), lab.node(OUTSIDE[0]), FOREIGN_DNS),
    ]
    asks = [
        DnsAsk(node, 4, str(derive.address(plan, server, 4, lab.stage)), Question(name, rdtype, recursion=False))
        for names, node, server in places
        for name in names
        for rdtype in ("A", "AAAA")
    ]
    seen = dns.many(history, asks)
    if silent := [ask.question.name for ask, each in zip(asks, seen, strict=True) if each.answer != "reply"]:
        raise CannotMeasure(f"the authoritative servers do not say what they hold of {', '.join(silent[:5])}")
    found = {}
    for ask, each in zip(asks, seen, strict=True):
        found.setdefault(ask.question.name, {})[ask.question.rdtype] = values(dict(each.data), ask.question.rdtype)
    return {name: held["AAAA"] for name, held in found.items() if held["A"] and held["AAAA"]}


def first(plan, lab, service):
    return next(each.node for each in plan.services if each.name == service)


@pytest.mark.check("V6O-03")
def test_dns64_synthesises_nothing_for_names_that_have_an_aaaa(lab, history, plan, judged):
    names = dual_names(plan, lab, history)
    if not names:
        raise CannotMeasure("no name has A and AAAA at this stage: there is nothing that must not be synthesised")
    prefixes = [each.prefix for each in plan.nat64.values()]
    asks = []
    places = [
        (client, server) for client, _ in translated(plan, lab) for server in resolvers_of(client) if ":" in server
    ]
    controls = dns.many(history, [DnsAsk(client, 6, server, Question(V4_ONLY, "AAAA")) for client, server in places])
    for (client, server), control in zip(places, controls, strict=True):
        made = values(dict(control.data), "AAAA") if control.answer == "reply" else []
        if not made:  # a name with A alone: whatever is said for it is made up
            raise CannotMeasure(f"{server} synthesises nothing for {client.name} where it must: no DNS64 to judge")
        own = names if derive.is_own(plan, derive.lan_of(plan, client.name).site) else public(plan, names)
        asks += [DnsAsk(client, 6, server, Question(name, "AAAA")) for name in own]
    if not asks:
        raise CannotMeasure("no client with IPv6 alone has learnt a resolver")
    seen = dns.many(history, asks)
    findings = ()
    for ask, each in zip(asks, seen, strict=True):
        given = values(dict(each.data), "AAAA") if each.answer == "reply" else []
        where = f"{ask.question.name} at {ask.server} for {ask.node.name}"
        findings += judge.never_synthesised(where, given, names[ask.question.name], prefixes, each.event)
    judged(findings, tuple(each.event for each in seen[:3]))


def public(plan, names):
    """The names that everybody can resolve."""
    return [each for each in names if not each.endswith(f".{zones.INTERNAL}.{plan.domain}")]
