import secrets
import time
from ipaddress import ip_interface

import pytest
from vantage import INSIDE, OUTSIDE, families

from harness.errors import CannotMeasure
from harness.lab.conditions.routing import full_ports
from harness.plan import derive
from harness.plan.model import FAMILIES
from harness.probe import dhcp6, dns, route
from harness.probe.capture import Capture, mac_of, send_frame
from harness.probe.dial import TcpAsk
from harness.probe.dns import DnsAsk
from harness.probe.dns_message import Question
from harness.probe.frr import frr
from harness.probe.icmp import EchoAsk, echo_many
from harness.probe.icmp_socket import EchoOptions
from harness.probe.side_by_side import side_by_side
from harness.probe.solicited import advertisements, link_local
from harness.probe.sysctl import sysctls
from harness.probe.tcp import connect_many
from harness.verdict import addresses, parity
from harness.verdict import dhcp6 as judge_dhcp6
from harness.verdict import ra as judge_ra
from harness.verdict.verdict import Finding
from harness.wait import Condition, Deadline, until

SOURCES = (*OUTSIDE, *INSIDE, "mgmt")
CLOSED = (22, 3389, 8080)
FULL_SIZE = {4: 1472, 6: 1452}
"""What an echo may carry in a packet of 1500 octets."""


def dual(plan, lab, node):
    return families(plan, lab, node) == FAMILIES


def sources(plan, lab):
    return [each for each in SOURCES if dual(plan, lab, each)]


def servers(plan, lab):
    """Every server of a service → the TCP ports that it serves."""
    found = {}
    for service in plan.services:
        if dual(plan, lab, service.node):
            found.setdefault(service.node, set()).update(service.tcp)
    return found


def address(plan, lab, node, family):
    return str(derive.address(plan, node, family, lab.stage))


def cells(keys, seen):
    """Answers in the order of ``keys`` × families, as a matrix."""
    answers = iter(seen)
    found = []
    for key in keys:
        both = {family: next(answers) for family in FAMILIES}
        told = {family: each.answer for family, each in both.items()}
        found.append(parity.Question(*key, told, {family: each.event for family, each in both.items()}))
    if not found:
        raise CannotMeasure("no two ends of the matrix have both families at this stage")
    return found


def differences(matrix):
    """Where the families differ. Where they do not, a source without any reply has shown nothing: its silence is no
    answer. (One family's replies are control enough for the other's silence.)"""
    found = parity.congruent(matrix)
    if not found and (lacking := parity.controls(matrix)):
        raise CannotMeasure(f"not one reply, so silence says nothing: {', '.join(lacking)}")
    return found


def ports_matrix(lab, history, plan, among, extra):
    keys, asks = [], []
    for source in among:
        for target, ports in servers(plan, lab).items():
            for port in sorted({*ports, *extra}) if source != target else ():
                keys.append((source, target, f"tcp {port}"))
                asks += [TcpAsk(lab.node(source), each, address(plan, lab, target, each), port) for each in FAMILIES]
    return cells(keys, connect_many(history, asks))


def echo_matrix(lab, history, plan, what, options):
    keys, asks = [], []
    for source in sources(plan, lab):
        for target in servers(plan, lab):
            if source != target:
                keys.append((source, target, what))
                asks += [
                    EchoAsk(lab.node(source), each, address(plan, lab, target, each), options[each])
                    for each in FAMILIES
                ]
    return cells(keys, echo_many(history, asks))


@pytest.mark.check("DS-07")
def test_what_one_family_reaches_the_other_reaches_too(lab, history, plan, judged):
    halves = [
        lambda: ports_matrix(lab, history, plan, sources(plan, lab), CLOSED),
        lambda: echo_matrix(lab, history, plan, "echo", {each: EchoOptions() for each in FAMILIES}),
    ]
    matrix = [cell for half in side_by_side(lambda one: one(), halves) for cell in half]
    judged(differences(matrix), tuple(each.events[6] for each in matrix[:3]))


@pytest.mark.check("DS-08")
def test_packets_of_full_size_pass_alike_in_both_families(lab, history, plan, judged):
    options = {each: EchoOptions(size=FULL_SIZE[each], dont_fragment=True) for each in FAMILIES}
    matrix = echo_matrix(lab, history, plan, "1500 octets", options)
    if silent := sorted(
        {each.source for each in matrix} - {each.source for each in matrix if each.answers[4] == "reply"}
    ):
        raise CannotMeasure(f"no packet of full size passes in IPv4, nothing to compare with: {', '.join(silent)}")
    judged(parity.large_packets(matrix), tuple(each.events[6] for each in matrix[:3]))


def own_nodes(plan):
    """The province's nodes: those with an address in its block."""
    for name in derive.nodes(plan):
        places = [plan.sites[each.site].block for each in plan.lans.values() if name in (*each.hosts, *each.gateways)]
        if name in plan.loopbacks:
            places.append(plan.sites[plan.pools[plan.loopbacks[name].pool].site].block)
        if any(plan.blocks[each].announced for each in places):
            yield name


def planned_interfaces(lab, history, plan, node, held):
    for port in derive.ports(plan, node.name, lab.stage):
        if 6 not in port.families:
            continue
        names = [f"net.ipv6.conf.{port.name}.{each}" for each in ("accept_dad", "dad_transmits")]
        detection = tuple(None if each is None else int(each) for each in sysctls(history, node, names).values())
        static = port.addresses.get(6)
        prefix = port.lan.networks[6] if port.lan else port.link.networks[6]
        mine = tuple(
            addresses.Held(ip_interface(f"{each.address}/{each.prefix_length}"), each.flags)
            for each in held
            if each.device == port.name
        )
        yield addresses.Planned(node.name, port.name, static, prefix, mine, detection)


@pytest.mark.check("DS-01")
def test_every_planned_address_is_up_clean_and_on_one_node(lab, history, plan, judged):
    interfaces, owners = [], {}
    for name in own_nodes(plan):
        node = lab.node(name)
        held = route.addresses(history, node, 6)
        owners[name] = [ip_interface(f"{each.address}/{each.prefix_length}") for each in held]
        interfaces += planned_interfaces(lab, history, plan, node, held)
    shared = frozenset(
        str(derive.gateway(each, 6)) for each in plan.lans.values() if each.virtual and 6 in each.networks
    )
    evidence = tuple(event.reference for event in history.events("probe.route")[-3:])
    judged(addresses.clean(interfaces) + addresses.unique(owners, shared), evidence)


@pytest.mark.check("DS-10")
def test_routers_forward_and_servers_learn_nothing(lab, history, plan, judged):
    findings = ()
    for name in own_nodes(plan):
        node, ports = lab.node(name), derive.ports(plan, name, lab.stage)
        on = [each for each in ports if 6 in each.families]
        asked = ["net.ipv6.conf.all.forwarding"]
        if any(each.kind != "host" for each in on):
            asked += [f"net.ipv6.conf.{each.name}.accept_ra" for each in on]
            values = list(sysctls(history, node, asked).values())
            findings += addresses.forwards(
                name, values[0], dict(zip([each.name for each in on], values[1:], strict=True))
            )
        elif name != "nat64" and any(each.addresses for each in on):
            asked += ["net.ipv6.conf.eth1.accept_ra", "net.ipv6.conf.eth1.autoconf"]
            values = list(sysctls(history, node, asked).values())
            table = route.routes(history, node, 6)
            defaults = sum(len(each.next_hops) for each in table if each.destination == route.EVERYWHERE[6])
            findings += addresses.stays_host(name, *values, defaults)
    evidence = tuple(event.reference for event in history.events("probe.sysctl")[-3:])
    judged(findings, evidence)


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
    with Capture(history, places, lambda frame: dhcp6.parse(frame) is not None) as capture:
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


def full_neighbours(lab, history, router, family):
    """Interface → cost of those that have a full OSPF neighbour."""
    daemon, base = {4: ("ospfd", "show ip ospf"), 6: ("ospf6d", "show ipv6 ospf6")}[family]
    node = lab.node(router)
    full = full_ports(family, frr(history, node, daemon, f"{base} neighbor json"))
    interfaces = frr(history, node, daemon, f"{base} interface json")
    if family == 4:
        interfaces = interfaces["interfaces"]
    return {device: interfaces[device]["cost"] for device in full}


@pytest.mark.check("DS-11")
def test_ospf_has_every_planned_neighbour_at_the_same_cost_in_both_families(lab, history, plan, judged):
    ends = {}
    for link in plan.links:
        if link.cost and not link.ebgp and derive.families(plan, link, lab.stage) == FAMILIES:
            ends.setdefault(link.a, set()).add(link.b)
            ends.setdefault(link.b, set()).add(link.a)
    findings = ()
    for router, devices in ends.items():
        both = {
            family: {
                name: cost for name, cost in full_neighbours(lab, history, router, family).items() if name in devices
            }
            for family in FAMILIES
        }
        findings += parity.same_adjacencies(router, devices, both)
    judged(findings, tuple(event.reference for event in history.events("probe.frr")[-4:]))


def dual_lans(plan, lab, site):
    """The LANs of a site that have both families at the stage: name → networks."""
    return {
        each.name: each.networks
        for each in plan.lans.values()
        if each.site == site and derive.families(plan, each, lab.stage) == FAMILIES
    }


def agencies(plan):
    return [each.name for each in plan.sites.values() if each.zone == "agency"]


def carriers(plan):
    """The routers of the level-II network and the data centre's on its border."""
    inner = {each for name, loop in plan.loopbacks.items() for each in (name,) if loop.pool in ("wanloop", "loopback")}
    gateways = {each for lan in plan.lans.values() if plan.sites[lan.site].zone == "agency" for each in lan.gateways}
    ends = {each for link in plan.links if link.pool == "tslcd" for each in (link.a, link.b)}
    return sorted((ends & inner) - gateways)


def site_routes(lab, history, plan, router):
    """Site → family → its LANs to which a router has a route."""
    tables = {
        family: {each.destination for each in route.routes(history, lab.node(router), family)} for family in FAMILIES
    }
    for site in agencies(plan):
        lans = dual_lans(plan, lab, site)
        if lans:
            yield (
                site,
                {
                    family: {name for name, networks in lans.items() if str(networks[family]) in tables[family]}
                    for family in FAMILIES
                },
            )


def own_address(history, plan, node, lan, family):
    """The address that a client has got in its LAN, ``None`` if it has none."""
    found = [each.address for each in route.addresses(history, node, family)]
    return next((each for each in found if ip_interface(each).ip in lan.networks[family]), None)


@pytest.mark.check("DS-12")
def test_the_level_two_network_carries_every_site_in_both_families(lab, history, plan, judged):
    findings = ()
    routes = [(router, *each) for router in carriers(plan) for each in site_routes(lab, history, plan, router)]
    if routes and not any(each[2][4] for each in routes):
        raise CannotMeasure("no router has an IPv4 route to a site: there is nothing to compare with")
    for router, site, found in routes:
        findings += parity.same_sites(f"{router} to {site}", found)
    keys, asks = [], []
    for lan in plan.lans.values():
        client = next((host for host, number in lan.hosts.items() if number is None), None)
        if not client or plan.sites[lan.site].zone != "agency":
            continue
        for family in families(plan, lab, client):
            inside = own_address(history, plan, lab.node(client), lan, family)
            if inside is None:
                findings += (Finding(f"{client} in {lan.name}", f"has no IPv{family} address", "one"),)
                continue
            for source, target, to in (
                (client, "ns1", address(plan, lab, "ns1", family)),
                ("mgmt", client, inside),
            ):
                if family in families(plan, lab, source) and family in families(plan, lab, target):
                    keys.append((source, target, family))
                    asks.append(EchoAsk(lab.node(source), family, to))
    seen = echo_many(history, asks)
    asked = [
        parity.Question(*key[:2], "echo", {key[2]: one.answer}, {key[2]: one.event})
        for key, one in zip(keys, seen, strict=True)
    ]
    if not asked:
        raise CannotMeasure("no site has a host at this stage")
    judged(findings + parity.all_reached(asked), tuple(each.event for each in seen))
