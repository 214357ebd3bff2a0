from ipaddress import ip_network

import pytest
from vantage import INSIDE, OUTSIDE, families, ipv6_only_hosts, operator_of, resolvers_of

from harness.errors import CannotMeasure
from harness.plan import derive, zones
from harness.probe import dns, route
from harness.probe.dns import DnsAsk
from harness.probe.dns_message import Question, values
from harness.probe.solicited import advertisements
from harness.verdict import dns64 as judge
from harness.verdict.verdict import Finding

V4_ONLY, WELL_KNOWN = "ipv4only.example.com", "ipv4only.arpa"


def alone(plan, lab):
    """(client, its LAN, its operator) of every client with IPv6 alone, the province's and others'."""
    hosts = ipv6_only_hosts(plan, lab, own=True) + ipv6_only_hosts(plan, lab, own=False)
    found = [(lab.node(each), derive.lan_of(plan, each)) for each in hosts]
    if not found:
        raise CannotMeasure("no client has IPv6 alone at this stage")
    return [(client, lan, operator_of(plan, lan)) for client, lan in found]


def aaaa(seen):
    return values(dict(seen.data), "AAAA") if seen.answer == "reply" else []


def routed(lab, history, operator, router):
    """The prefixes of a translator's size and place that a router has a way to."""
    near = [ip_network(each.destination) for each in route.routes(history, lab.node(router), 6) if each.next_hops]
    return [
        str(each) for each in near if each.prefixlen > 64 and each.overlaps(operator.prefix.supernet(new_prefix=64))
    ]


def translator_prefix(lab, operator):
    """What the translator itself was told."""
    try:
        lines = (lab.node(operator.node).root / "etc/tayga.conf").read_text().splitlines()
    except FileNotFoundError:
        return []
    return [each.split()[1] for each in lines if each.split()[:1] == ["prefix"]]


@pytest.mark.check("V6O-07")
def test_one_nat64_prefix_is_told_advertised_translated_and_routed(lab, history, plan, judged):
    places = alone(plan, lab)
    heard = advertisements(history, [client for client, _, _ in places])
    asks = [
        DnsAsk(client, 6, server, Question(WELL_KNOWN, "AAAA"))
        for client, _, _ in places
        for server in resolvers_of(client)
        if ":" in server
    ]
    seen = dns.many(history, asks)
    findings, ends = (), {}
    for client, lan, operator in places:
        told = {
            f"{WELL_KNOWN} at {ask.server} for {client.name}": judge.discovered(aaaa(each))
            for ask, each in zip(asks, seen, strict=True)
            if ask.node is client
        }
        if not told:
            findings += (Finding(client.name, "has learnt no resolver over IPv6", "one"),)
        said = heard[client.name]
        where = f"PREF64 in {lan.name}"
        told[where] = [each.prefix for each in said.pref64] if said else []
        if said:
            lifetimes = [each.lifetime for each in said.pref64]
            findings += judge.lasts_as_long(where, lifetimes, said.router_lifetime)
        findings += judge.one_prefix(operator.prefix, told)
        routers = {*lan.gateways, *gateways_of(plan, operator)} - {operator.node}
        ends.setdefault(operator.node, (operator, set()))[1].update(routers)
    for node, (operator, routers) in ends.items():
        told = {f"translator {node}": translator_prefix(lab, operator)}
        told |= {f"route on {each}": routed(lab, history, operator, each) for each in sorted({node, *routers})}
        findings += judge.one_prefix(operator.prefix, told)
    judged(findings, tuple(each.event for each in seen[:3]))


def gateways_of(plan, operator):
    """The routers in front of a translator that is a host."""
    lan = derive.lan_of(plan, operator.node)
    return lan.gateways if lan else ()


def with_ipv4(plan, lab):
    """The clients with both families: citizens outside and officers inside."""
    return [lab.node(each) for each in (*OUTSIDE, *INSIDE) if len(families(plan, lab, each)) > 1]


@pytest.mark.check("V6O-04")
def test_dns64_makes_up_nothing_for_those_who_have_ipv4(lab, history, plan, judged):
    prefixes = [each.prefix for each in plan.nat64.values()]
    question = Question(V4_ONLY, "AAAA")
    places = alone(plan, lab)
    controls = [
        DnsAsk(client, 6, server, question)
        for client, _, _ in places
        for server in resolvers_of(client)
        if ":" in server
    ]
    synthesising = [str(each.ip) for each in derive.dns64_resolvers(plan, lab.stage).values()]
    asks = []
    for client in with_ipv4(plan, lab):
        servers = {*resolvers_of(client), *synthesising}
        asks += [DnsAsk(client, 6 if ":" in each else 4, each, question) for each in sorted(servers)]
    asks += of_strangers(plan, lab)
    seen = dns.many(history, controls + asks)
    for ask, each in zip(controls, seen, strict=False):
        if not aaaa(each):
            raise CannotMeasure(
                f"{ask.server} synthesises nothing for {ask.node.name} where it must: no DNS64 to judge"
            )
    answers = list(zip(asks, seen[len(controls) :], strict=True))
    if not any(each.data.get("rcode") == "NOERROR" for _, each in answers if each.answer == "reply"):
        raise CannotMeasure("nobody with IPv4 gets any answer, so there is none to judge")
    findings = ()
    for ask, each in answers:
        where = f"{ask.question.name} at {ask.server} for {ask.node.name}"
        findings += judge.nothing_made_up(where, aaaa(each), prefixes, each.event)
    judged(findings, tuple(each.event for each in seen[:3]))


def of_strangers(plan, lab):
    """What the Internet may ask the province's name servers: their own names, and one of others."""
    names = {each.name for each in zones.forward(plan, lab.stage, plan.domain)}
    own = [plan.domain if each == "@" else f"{each}.{plan.domain}" for each in sorted(names)]
    servers = [each.node for each in plan.services if each.name == "dns"]
    for server in servers:
        address = str(derive.address(plan, server, 4, lab.stage))
        for name in (*own, V4_ONLY):
            yield DnsAsk(lab.node(OUTSIDE[0]), 4, address, Question(name, "AAAA", recursion=name == V4_ONLY))
