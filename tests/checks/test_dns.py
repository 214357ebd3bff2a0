from ipaddress import ip_address

import pytest
from vantage import OUTSIDE, families, looked_up, published_aaaa

from harness.errors import CannotMeasure
from harness.plan import derive, zones
from harness.plan.model import FAMILIES
from harness.probe import dns as probe
from harness.probe import dns_walk as walk
from harness.probe.dial import TcpAsk
from harness.probe.dns import DnsAsk
from harness.probe.dns_message import ADDRESS_TYPE, Question, absolute
from harness.probe.icmp import EchoAsk, echo_many
from harness.probe.side_by_side import side_by_side
from harness.probe.tcp import connect_many
from harness.verdict import dns as judge

TRANSPORTS = ("udp", "tcp")
USUAL = (22, 110, 143, 465, 995, 8080)
"""Ports that servers often have open, beside those that the plan publishes."""
NOBODY = "khong-co"
"""A name that nobody has."""
DNS64 = " dns64"
"""Marks a resolver's address for hosts with IPv6 alone: nobody else is served there."""


def asked(history, places):
    """``places`` is (where, ask): all asked at once, each with what was seen."""
    seen = probe.many(history, [ask for _, ask in places])
    return [judge.Asked(where, each) for (where, _), each in zip(places, seen, strict=True)]


def events(found):
    return tuple(each.seen.event for each in found[:3])


def addresses_of(plan, lab, service):
    """Node → family → address of the servers of a service."""
    return {
        each.node: {
            family: str(found) for family in FAMILIES if (found := derive.address(plan, each.node, family, lab.stage))
        }
        for each in plan.services
        if each.name == service
    }


def public_zones(plan, lab):
    return [each.origin for each in zones.hosted(plan, lab.stage) if not each.internal]


@pytest.mark.check("DNS-01")
def test_two_name_servers_answer_in_both_families_over_udp_and_tcp(lab, history, plan, judged):
    held = looked_up(lab, history, plan, [(zone, "NS") for zone in public_zones(plan, lab)])
    names = sorted({absolute(name) for found in held.values() for name in found})
    found = looked_up(lab, history, plan, [(name, rdtype) for name in names for rdtype in ADDRESS_TYPE.values()])
    findings, places = (), []
    for (zone, _), servers in held.items():
        findings += judge.enough_servers(zone, [name for name in servers if found[absolute(name), "AAAA"]])
        for name in map(absolute, servers):
            for family, rdtype in ADDRESS_TYPE.items():
                for address in found[name, rdtype]:
                    for transport in TRANSPORTS:
                        question = Question(zone, "SOA", recursion=False, transport=transport)
                        where = f"{zone} at {name} {address} {transport}"
                        places.append((where, DnsAsk(lab.node(OUTSIDE[0]), family, address, question)))
    seen = asked(history, places)
    judged(findings + judge.authoritative(seen), events(seen))


@pytest.mark.check("DNS-07")
def test_every_aaaa_that_outsiders_are_given_is_legal(lab, history, plan, judged):
    found = published_aaaa(lab, history, plan)
    published = [(name, address) for name, addresses in found.items() for address in addresses]
    evidence = tuple(event.reference for event in history.events("probe.dns")[-3:])
    judged(judge.legal(published, plan.own(6)), evidence)


def resolver_addresses(plan, lab):
    """Family → (name, address) of each resolver's addresses, those for IPv6-only clients with them."""
    found = {family: [] for family in FAMILIES}
    for name, addresses in addresses_of(plan, lab, "resolver").items():
        for family, address in addresses.items():
            found[family].append((name, address))
    for name, interface in derive.dns64_resolvers(plan, lab.stage).items():
        found[6].append((name + DNS64, str(interface.ip)))
    return found


def inside_hosts(plan, lab):
    """(a host, its families, whether it is translated) of each LAN; resolvers ask nobody but themselves."""
    resolvers = set(addresses_of(plan, lab, "resolver"))
    for lan in plan.lans.values():
        host = next((each for each in lan.hosts if each not in resolvers and lab.node(each).state == "running"), None)
        if host and plan.sites[lan.site].block in ("province", "private"):
            yield host, families(plan, lab, host), derive.translated(plan, lan, lab.stage)


@pytest.mark.check("DNS-10")
def test_resolvers_answer_those_inside_and_refuse_those_outside(lab, history, plan, judged):
    question = Question(f"www.{plan.domain}")
    addresses = resolver_addresses(plan, lab)

    def places(hosts):
        return [
            (f"{host} to {name} {address}", DnsAsk(lab.node(host), family, address, question))
            for host, on, dns64 in hosts
            for family in on
            for name, address in addresses[family]
            if dns64 or not name.endswith(DNS64)
        ]

    inside = places(inside_hosts(plan, lab))
    outside = places([(host, FAMILIES, True) for host in OUTSIDE])
    seen = asked(history, inside + outside)
    served, refused = seen[: len(inside)], seen[len(inside) :]
    judged(judge.serves(served) + judge.refuses(refused), events(served[:2] + refused[:1]))


def from_the_root(lab, history, plan, family, name, rdtype):
    root = str(derive.address(plan, "root-dns", family, lab.stage))
    return walk.iterate(history, lab.node(OUTSIDE[0]), [root], name, rdtype, family)


@pytest.mark.check("DNS-02")
def test_the_parents_glue_is_what_the_domain_itself_holds(lab, history, plan, judged):
    domain = absolute(plan.domain)
    servers = looked_up(lab, history, plan, [(domain, "NS")])[domain, "NS"]
    names = [name for name in map(absolute, servers) if name.endswith("." + domain)]
    held = looked_up(lab, history, plan, [(name, rdtype) for name in names for rdtype in ADDRESS_TYPE.values()])
    findings, evidence = (), []
    walks = side_by_side(lambda family: from_the_root(lab, history, plan, family, domain, "SOA"), FAMILIES)
    for asked_over, found in zip(FAMILIES, walks, strict=True):
        seen = next((each.seen for each in found.steps if each.next_zone == domain), None)
        if seen is None or not names:
            raise CannotMeasure(f"no referral to {domain} from the root over IPv{asked_over}: {found.why}")
        evidence.append(seen.event)
        for name in names:
            for family, rdtype in ADDRESS_TYPE.items():
                where = f"{name} {rdtype} in the referral over IPv{asked_over}"
                findings += judge.true_glue(where, walk.glue(seen.data, name, family), held[name, rdtype], seen.event)
    judged(findings, tuple(evidence))


@pytest.mark.check("DNS-03")
def test_every_zone_resolves_from_the_root_over_either_family_alone(lab, history, plan, judged):
    keys = [(zone, family) for zone in public_zones(plan, lab) for family in FAMILIES]
    found = side_by_side(lambda key: from_the_root(lab, history, plan, key[1], key[0], "SOA"), keys)
    walks = {f"{zone} over IPv{family}": each for (zone, family), each in zip(keys, found, strict=True)}
    evidence = tuple(each.steps[-1].seen.event for each in found[:3] if each.steps)
    judged(judge.resolves({where: (each.resolved, each.why) for where, each in walks.items()}), evidence)


@pytest.mark.check("DNS-05")
def test_every_aaaa_has_one_pointer_that_leads_back(lab, history, plan, judged):
    addresses = sorted({address for found in published_aaaa(lab, history, plan).values() for address in found})

    def pointers(address):
        return from_the_root(lab, history, plan, 6, derive.pointer(ip_address(address)), "PTR").values

    found = dict(zip(addresses, side_by_side(pointers, addresses), strict=True))
    back = looked_up(lab, history, plan, sorted({(name, "AAAA") for each in found.values() for name in each}))
    findings = ()
    for address, said in found.items():
        findings += judge.points_back(address, said, [one for name in said for one in back[name, "AAAA"]])
    judged(findings, tuple(event.reference for event in history.events("probe.dns")[-3:]))


def what_answers(history, places, ports):
    """(node, address) → what answers there: echo, TCP ``ports`` and, where TCP 53 does, UDP 53."""
    keys = [(place, f"tcp {port}") for place in places for port in ports]
    tcp = [TcpAsk(node, ip_address(address).version, address, port) for node, address in places for port in ports]
    echoes = [EchoAsk(node, ip_address(address).version, address) for node, address in places]
    asked = side_by_side(lambda ask: ask(), [lambda: connect_many(history, tcp), lambda: echo_many(history, echoes)])
    found = {place: set() for place in places}
    for (place, what), each in zip(
        [*keys, *((place, "echo") for place in places)], [*asked[0], *asked[1]], strict=True
    ):
        if each.answer == "reply":
            found[place].add(what)
    speakers = [place for place in places if "tcp 53" in found[place]]
    question = Question("version.bind.", "TXT", recursion=False)  # any answer will do, REFUSED too
    names = [DnsAsk(node, ip_address(address).version, address, question) for node, address in speakers]
    for place, each in zip(speakers, probe.many(history, names, timeout=2.0), strict=True):
        if each.answer == "reply":
            found[place].add("udp 53")
    return found


def service_names(plan):
    """The names of everything that the plan offers to everyone."""
    nodes = {each.node for each in plan.services if "internet" in each.sources}
    return {name for node in nodes for name in zones.names_of(plan, node)}


@pytest.mark.waits
@pytest.mark.check("DNS-06")
def test_every_aaaa_serves_what_the_same_names_a_serves(lab, history, plan, judged):
    six = {name: held for name, held in published_aaaa(lab, history, plan).items() if held}
    four = {name: held for (name, _), held in looked_up(lab, history, plan, [(name, "A") for name in six]).items()}
    ports = sorted({*USUAL, *(port for each in plan.services for port in each.tcp)})
    addresses = sorted({address for held in (*six.values(), *four.values()) for address in held})
    found = what_answers(history, [(lab.node(source), each) for source in OUTSIDE for each in addresses], ports)
    findings = ()
    for source in map(lab.node, OUTSIDE):
        if not any(found[source, address] for held in four.values() for address in held):
            raise CannotMeasure(f"not one A of {plan.domain} answers {source.name}: there is nothing to compare with")
        for name, held in six.items():
            open4 = {what for address in four[name] for what in found[source, address]}
            open6 = {address: found[source, address] for address in held}
            where = f"{name} from {source.name}"
            findings += judge.listens(where, open4, open6)
            findings += judge.answers(where, open6) if name in service_names(plan) and not open4 else ()
    judged(findings, tuple(event.reference for event in history.events("probe.icmp")[-3:]))


@pytest.mark.check("DNS-08")
def test_what_is_new_is_not_kept_for_long(lab, history, plan, targets, judged):
    names = [name for name, held in published_aaaa(lab, history, plan).items() if held]
    places = [
        (server, name)
        for found in addresses_of(plan, lab, "dns").values()
        for server in found.values()
        for name in (*names, f"{NOBODY}.{plan.domain}")
    ]
    node = lab.node(OUTSIDE[0])
    seen = asked(
        history,
        [
            (server, DnsAsk(node, ip_address(server).version, server, Question(name, "AAAA", recursion=False)))
            for server, name in places
        ],
    )
    if silent := sorted({each.where for each in seen if each.seen.answer != "reply"}):
        raise CannotMeasure(f"name servers that do not answer: {', '.join(silent)}")
    told = list(zip(places, seen, strict=True))
    given = [each for (_, name), each in told if name in names]
    nothing = [each for (_, name), each in told if name not in names]
    most = targets["fresh_ttl_s"]
    judged(judge.fresh(given, most) + judge.forgotten(nothing, most), events(seen))
