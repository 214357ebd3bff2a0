"""The province's eBGP sessions as its routers have them, and what passes between their ends."""

from dataclasses import dataclass

from harness.errors import CannotMeasure
from harness.plan import derive
from harness.probe import tcp_segment
from harness.probe.frr import frr
from harness.verdict.bgp import SessionEnd
from harness.verdict.border import ESTABLISHED, Segment
from harness.wait import Condition

BGP_PORT = 179
NEIGHBOURS = "show bgp neighbors json"


@dataclass(frozen=True)
class Session:
    """One planned session to another network: our router, its port, both addresses, the other's router."""

    router: str
    port: str
    family: int
    own: str
    peer: str
    other: str


def planned(plan, lab):
    """Every session of the province's routers with others' routers, to level I too. Raises if there is none."""
    found = [
        Session(router, port.name, family, str(port.addresses[family].ip), peer_address(port, family), port.peer)
        for router, loopback in plan.loopbacks.items()
        if derive.is_own(plan, plan.pools[loopback.pool].site)
        for port in derive.ports(plan, router, lab.stage)
        if port.link and port.link.ebgp
        for family in port.families
    ]
    if not found:
        raise CannotMeasure("the plan has no eBGP session at this stage")
    return found


def peer_address(port, family):
    return str(derive.link_interface(port.link, port.peer, family).ip)


def neighbours(lab, history, router):
    return frr(history, lab.node(router), "bgpd", NEIGHBOURS)


def ends(lab, history, sessions):
    """Our router's own record of each session."""
    asked = {router: neighbours(lab, history, router) for router in {each.router for each in sessions}}
    return [SessionEnd(each.router, each.peer, each.family, asked[each.router].get(each.peer)) for each in sessions]


def state(lab, session):
    return neighbours(lab, None, session.router).get(session.peer, {}).get("bgpState", "not configured")


def established(lab, session):
    """The condition that a session is up."""

    def unmet():
        found = state(lab, session)
        return None if found == ESTABLISHED else f"it is {found}"

    return Condition(f"{session.router} and {session.other} in IPv{session.family}", unmet)


def ports(lab, sessions):
    """The interfaces that the sessions cross, each once."""
    return list(dict.fromkeys((lab.node(each.router), each.port) for each in sessions))


def connection(lab, session):
    """The TCP ports of a session that is up, by address."""
    found = neighbours(lab, None, session.router).get(session.peer, {})
    return {session.own: found.get("portLocal"), session.peer: found.get("portForeign")}


def segments(packets, session, tcp_ports=None):
    """The segments between the ends of a session among captured packets: of the connection with ``tcp_ports`` alone, if
    given, and not of one before it that some end has not forgotten."""
    both = {session.own, session.peer}
    for packet in packets:
        found = tcp_segment.parse(packet.data)
        if found is None or packet.node != session.router or {found.source, found.destination} != both:
            continue
        if tcp_ports in (None, dict(zip((found.source, found.destination), found.ports, strict=True))):
            yield Segment(found.source, found.ttl, found.signed)
