import pytest

from harness.errors import CannotMeasure
from harness.plan import derive
from harness.plan.model import FAMILIES
from harness.probe import route
from harness.probe.dial import TcpAsk
from harness.probe.icmp import EchoAsk, echo_many
from harness.probe.icmp_socket import EchoOptions
from harness.probe.tcp import connect_many
from harness.verdict import parity

SOURCES = ("viettel-citizen", "vnpt-citizen", "stttt-pc", "stttt-wifi", "mgmt")
CLOSED = (22, 3389, 8080)
FULL_SIZE = {4: 1472, 6: 1452}
"""What an echo may carry in a packet of 1500 octets."""


def lan_of(plan, node):
    return next((each for each in plan.lans.values() if node in each.hosts), None)


def dual(plan, lab, node):
    found = lan_of(plan, node)
    return found is not None and derive.families(plan, found, lab.stage) == FAMILIES


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


def controlled(matrix):
    if lacking := parity.controls(matrix):
        raise CannotMeasure(f"not one reply, so silence says nothing: {', '.join(lacking)}")
    return matrix


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
    matrix = ports_matrix(lab, history, plan, sources(plan, lab), CLOSED)
    matrix += echo_matrix(lab, history, plan, "echo", {each: EchoOptions() for each in FAMILIES})
    judged(parity.congruent(controlled(matrix)), tuple(each.events[6] for each in matrix[:3]))


@pytest.mark.check("DS-08")
def test_packets_of_full_size_pass_alike_in_both_families(lab, history, plan, judged):
    options = {each: EchoOptions(size=FULL_SIZE[each], dont_fragment=True) for each in FAMILIES}
    matrix = echo_matrix(lab, history, plan, "1500 octets", options)
    if not any(each.answers[4] == "reply" for each in matrix):
        raise CannotMeasure("no packet of full size passes in IPv4: there is nothing to compare with")
    judged(parity.large_packets(matrix), tuple(each.events[6] for each in matrix[:3]))
