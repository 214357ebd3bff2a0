import secrets

import pytest
from using import resolve, used
from vantage import OUTSIDE, access_logs, ipv6_only_hosts, operator_of, outside_of, resolvers_of

from harness.errors import CannotMeasure
from harness.plan import derive, zones
from harness.probe import dns
from harness.probe.dns import DnsAsk
from harness.probe.dns_message import Question, values
from harness.probe.http import HttpAsk, Request, fetch_many
from harness.probe.icmp import EchoAsk, echo_many
from harness.probe.side_by_side import side_by_side
from harness.probe.sysctl import sysctls
from harness.verdict import ipv6_only as judge

V4_ONLY, V4_ONLY_SERVER, FOREIGN_DNS = "ipv4only.example.com", "foreign-web", "vn-dns"
FOREIGN_NAMES = ("www.example.com", "dualstack.example.com", "ns.example.com", "mail.example.com")


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
