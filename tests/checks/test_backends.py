import pytest
from documents import Officer, hops, officers_places, passed
from vantage import families

from harness.plan import derive
from harness.probe.capture import Capture
from harness.probe.listening import listening
from harness.probe.packet_filter import tcp_ports
from harness.probe.side_by_side import side_by_side
from harness.verdict import backend


def ports_of(plan, lab):
    """Node → what the plan says that it is asked for, as ``tcp 443``, of every server that has IPv6."""
    found = {}
    for each in plan.services:
        if 6 in families(plan, lab, each.node):
            ports = [("tcp", port) for port in each.tcp] + [("udp", port) for port in each.udp]
            found.setdefault(each.node, []).extend(f"{kind} {port}" for kind, port in ports)
    return found


@pytest.mark.check("SVC-13")
def test_every_server_listens_in_ipv6_for_what_it_is_asked(lab, plan, judged):
    findings, evidence = (), []
    for node, wanted in ports_of(plan, lab).items():
        sockets = listening(lab.node(node))
        address = str(derive.address(plan, node, 6, lab.stage))
        findings += backend.listens(node, wanted, sockets, address)
        evidence.append(f"{node}: {', '.join(sorted(each for each in sockets if each.split()[0].endswith('6')))}")
    judged(findings, tuple(evidence))


@pytest.mark.check("SVC-13")
def test_documents_pass_from_the_client_to_the_database_over_ipv6_while_ipv4_is_there(lab, history, plan, judged):
    officers = side_by_side(lambda client: Officer(lab, history, plan, client), officers_places(plan, lab))
    behind = hops(plan, lab, history)
    spoken = [port for _, port, _ in behind.values()]
    with Capture(history, [place for place, *_ in behind.values()], passes=tcp_ports(*spoken)) as capture:
        findings = sum(side_by_side(lambda each: each.findings(each.visit), officers), ())
        packets = capture.packets()
    for where, hop in behind.items():
        findings += backend.over_ipv6(where, passed(packets, hop))
    judged(findings, tuple(event for each in officers for event in each.evidence))
