from collections import defaultdict

import pytest

from harness.errors import CannotMeasure
from harness.lab import ends
from harness.plan.model import FAMILIES
from harness.probe import route
from harness.probe.frr import daemons, frr
from harness.probe.icmp import EchoAsk, echo_many
from harness.probe.icmp_socket import EchoOptions
from harness.verdict import any_network as judge
from harness.verdict import parity

MOST_ASKS = 4000
"""Of more pairs an even sample is taken: 4000 echoes take about two seconds."""
UNICAST = {4: "ipv4 unicast", 6: "ipv6 unicast"}
ROUTES = {4: "show ip route json", 6: "show ipv6 route json"}


@pytest.fixture(scope="module")
def held(lab, history):
    return ends.held(lab, history)


def asked(lab, history, cells):
    """Ask every cell (source, destination, what, {family: (from, to)}) in its families; a matrix in their order."""
    keys = [(cell, family) for cell in cells for family in cell[3]]
    asks = [
        EchoAsk(lab.node(cell[0]), family, cell[3][family][1], EchoOptions(source=cell[3][family][0]))
        for cell, family in keys
    ]
    answers, events = defaultdict(dict), defaultdict(dict)
    for (cell, family), seen in zip(keys, echo_many(history, asks), strict=True):
        answers[cell[:3]][family], events[cell[:3]][family] = seen.answer, seen.event
    found = [parity.Question(*cell[:3], answers[cell[:3]], events[cell[:3]]) for cell in cells]
    if not any("reply" in each.answers.values() for each in found):
        raise CannotMeasure("not one echo of all is answered, so silence says nothing")
    return found


@pytest.fixture(scope="module")
def matrix(lab, history, held):
    """Every end asks every other, in each family that both have, from its own address to the other's."""
    known = {name: {family: each.end(family) for family in FAMILIES} for name, each in held.items()}
    cells = [
        (source, target, "echo", ways)
        for source in known
        for target in known
        if source != target
        if (ways := {each: (known[source][each], known[target][each]) for each in FAMILIES if known[target][each]})
        if (ways := {family: way for family, way in ways.items() if way[0]})
    ]
    if not cells:
        pytest.skip("no two nodes have a loopback, or are hosts, with a global address")
    return asked(lab, history, cells[:: 1 + len(cells) * len(FAMILIES) // MOST_ASKS])


def evidence(history, kind):
    return tuple(event.reference for event in history.events(f"probe.{kind}")[-4:])


@pytest.mark.check("ANY-01")
def test_both_families_reach_the_same_places(lab, history, held, request, judged):
    findings, cells = (), []
    for one, other in ends.links(lab, held):
        places = [(f"{each.held.node}:{each.port}", each.addresses) for each in (one, other)]
        if all(each.held.forwards for each in (one, other)):
            findings += judge.one_ended(places)
        if ends.shared((one, other)) == frozenset(FAMILIES):
            for here, there in ((one, other), (other, one)):
                ways = {each: (here.addresses[each].address, there.addresses[each].address) for each in FAMILIES}
                cells.append((here.held.node, there.held.node, f"over {here.port}", ways))
    both = [each for each in request.getfixturevalue("matrix") if len(each.answers) == len(FAMILIES)]
    both += asked(lab, history, cells) if cells else []
    if not both and not findings:
        pytest.skip("nothing in this lab has both families")
    judged(findings + parity.congruent(both), evidence(history, "icmp"))


@pytest.mark.check("ANY-04")
def test_loopbacks_and_hosts_reach_each_other(matrix, history, judged):
    judged(judge.unreached(matrix), evidence(history, "icmp"))


def routers(lab, daemon):
    found = [name for name, node in lab.nodes.items() if node.pid and daemon in daemons(node)]
    if not found:
        pytest.skip(f"no node of lab {lab.name} runs {daemon}")
    return found


def linked(lab, held):
    """Pairs of nodes → the families that they have on a common link, or on the loopbacks of both."""
    found = defaultdict(set)
    for one, other in ends.links(lab, held):
        found[frozenset((one.held.node, other.held.node))] |= ends.shared((one, other))
    inner = {
        name: {each.family for each in has.addresses if each.device in has.loopbacks} for name, has in held.items()
    }
    for one in inner:
        for other in inner:
            found[frozenset((one, other))] |= inner[one] & inner[other]
    return found


@pytest.mark.check("ANY-02")
def test_the_families_of_each_session_are_negotiated_at_both_ends(lab, history, held, judged):
    owners = {each.address: name for name, has in held.items() for each in has.addresses}
    for name in held:
        owners |= {each.address: name for each in route.addresses(None, lab.node(name), 6)}
    sessions, speaks = [], defaultdict(set)
    for router in routers(lab, "bgpd"):
        node = lab.node(router)
        for peer, seen in frr(history, node, "bgpd", "show bgp neighbors json").items():
            if isinstance(seen, dict) and "bgpState" in seen:
                other = owners.get(seen.get("hostForeign", peer), "")
                sessions.append(judge.End(router, peer, seen, other))
        for family in FAMILIES:
            table = frr(history, node, "bgpd", f"show bgp {UNICAST[family]} json")
            if table.get("routes") or any(
                judge.NAMES[family] in each.said for each in sessions if each.router == router
            ):
                speaks[router].add(family)
    if not sessions:
        pytest.skip(f"no BGP neighbour is configured in lab {lab.name}")
    findings = judge.established(sessions) + judge.both_activate(sessions)
    findings += judge.both_families(sessions, speaks, linked(lab, held)) + judge.accepted(sessions)
    judged(findings, evidence(history, "frr"))


@pytest.mark.check("ANY-03")
@pytest.mark.parametrize("family", FAMILIES)
def test_selected_routes_are_those_that_the_kernel_forwards_by(lab, history, family, judged):
    findings = ()
    for router in routers(lab, "zebra"):
        node = lab.node(router)
        fib = defaultdict(list)
        for each in route.routes(history, node, family):
            hops = frozenset(f"{hop.gateway}%{hop.device}" for hop in each.next_hops)
            fib[each.destination].append(judge.Forwarded(hops, each.metric, each.protocol))
        findings += judge.forwarding(router, family, frr(history, node, "zebra", ROUTES[family]), fib)
    judged(findings, evidence(history, "frr"), where=f"IPv{family}")
