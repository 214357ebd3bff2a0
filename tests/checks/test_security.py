from ipaddress import ip_address

import pytest
from vantage import INSIDE, OUTSIDE, families

from harness.errors import CannotMeasure
from harness.plan import derive
from harness.plan.model import FAMILIES
from harness.probe import route
from harness.probe.capture import Capture
from harness.probe.dial import TcpAsk
from harness.probe.tcp import connect_many
from harness.verdict import parity

SOURCES = (*OUTSIDE, *INSIDE)
COMMON = (21, 22, 23, 25, 53, 80, 110, 111, 139, 143, 179, 389, 443, 445, 465, 587, 853, 993, 995, 2601)
COMMON += (3306, 3389, 5432, 5900, 8000, 8080, 8443, 9100)
PUBLISHED_TO_NOBODY = (22, 23, 111, 445, 3389, 5432, 8080)
"""Ports that the plan publishes on no host."""
ANSWERS_IN = 2.0


def servers(plan, lab):
    return list(dict.fromkeys(each.node for each in plan.services if families(plan, lab, each.node) == FAMILIES))


@pytest.mark.check("SEC-01")
def test_the_open_ports_are_the_same_in_both_families(lab, history, plan, judged):
    ports = sorted({*COMMON, *(port for each in plan.services for port in each.tcp)})
    keys = [
        (source, target, port)
        for source in SOURCES
        if families(plan, lab, source) == FAMILIES
        for target in servers(plan, lab)
        for port in ports
    ]
    asks = [
        TcpAsk(lab.node(source), family, str(derive.address(plan, target, family, lab.stage)), port)
        for source, target, port in keys
        for family in FAMILIES
    ]
    seen = iter(connect_many(history, asks, ANSWERS_IN))
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
    judged(parity.same_open_sets(matrix), (matrix[0].events[4], matrix[-1].events[6]))


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


def syns(packets):
    """Node, destination address and port of each."""
    found = set()
    for each in packets:
        layer = each.parsed()["IPv6"]
        found.add((each.node, layer.dst, layer["TCP"].dport))
    return found


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
    portal = str(derive.address(plan, "portal", 6, lab.stage))
    asks = [TcpAsk(lab.node(source), 6, address, port) for source, _, address, port in keys]
    controls = [TcpAsk(lab.node(source), 6, portal, 443) for source in OUTSIDE]
    outside = {each.address for source in OUTSIDE for each in route.addresses(history, lab.node(source), 6)}
    with Capture(history, [(lab.node(host), "eth1") for host in hosts], is_syn) as capture:
        seen = connect_many(history, controls + asks, ANSWERS_IN)
        packets = [each for each in capture.packets() if each.parsed()["IPv6"].src in outside]
    arrived = syns(packets)
    if any(each.answer != "reply" for each in seen[: len(controls)]) or ("portal", portal, 443) not in arrived:
        raise CannotMeasure("the published port 443 of portal is not reached from outside: silence says nothing")
    matrix = [
        parity.Question(source, f"{name} [{address}]", f"tcp {port}", {6: each.answer}, {6: each.event})
        for (source, name, address, port), each in zip(keys, seen[len(controls) :], strict=True)
    ]
    findings = parity.nothing_answers(matrix) + parity.not_arrived(arrived - {("portal", portal, 443)})
    judged(findings, tuple(each.event for each in seen[: len(controls)]))
