from ipaddress import ip_interface

import pytest
from vantage import INSIDE, OUTSIDE, families

from harness.errors import CannotMeasure
from harness.plan import derive
from harness.plan.model import FAMILIES
from harness.probe import route
from harness.probe.dial import TcpAsk
from harness.probe.icmp import EchoAsk, echo_many
from harness.probe.icmp_socket import EchoOptions
from harness.probe.side_by_side import side_by_side
from harness.probe.sysctl import sysctls
from harness.probe.tcp import connect_many
from harness.verdict import addresses, parity

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


@pytest.mark.waits
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
