"""One failover: packets on many flows, a link that breaks, proof that they crossed it and left it, and the way back."""

import ipaddress
import time
from dataclasses import dataclass, replace

from vantage import families

from harness.errors import CannotMeasure
from harness.fault.base import applied, link_between
from harness.fault.kinds import KINDS
from harness.plan import derive
from harness.plan.model import FAMILIES
from harness.probe import route, snapshot
from harness.probe.capture import Capture
from harness.probe.continuity import Continuity, Flow
from harness.probe.continuity_worker import MARK, PACKET
from harness.probe.session_watch import SessionWatch
from harness.verdict.outage import Detection, Loss, Phase, Way
from harness.wait import Condition, Deadline, until

PORT = 443  # servers may ask the Internet on it, and agencies on any
INSIDE = ("portal", "stttt-pc")
OUTSIDE = ("viettel-citizen", "vnpt-citizen", "foreign-web")
EDGES = {"viettel": "edge1", "vnpt": "edge2"}
DIRECTIONS = {True: "outbound", False: "inbound"}
BASELINE_SECONDS = 0.3  # so many packets must have crossed the link, none lost, before it is broken
MOVE_SECONDS = 5.0  # more than any target: who has not moved by then has failed it
RETURN_SECONDS = 20.0
AFTER_SECONDS = 0.5  # a loss that follows the first packet on the new way is seen too
SNAP_SECONDS = 15.0


@dataclass(frozen=True)
class Drill:
    """What one failure came to. ``out`` and ``back`` are over the ways that crossed the link, ``others`` over those
    of families that were not broken; ``not_back`` are the ways that have not returned to the link."""

    fault: str
    out: Phase
    others: Phase
    back: Phase
    detections: tuple[Detection, ...]
    not_back: tuple[str, ...]
    changes: tuple
    evidence: tuple[str, ...]


class Failover:
    """The drills of a lab, each run once; ``before`` is the estate as it was before the first."""

    def __init__(self, lab, history, plan):
        self.lab, self.history, self.plan = lab, history, plan
        self.drills = {}
        self.before = snapshot.take(history, lab.nodes.values())

    def drill(self, kind, isp):
        if (kind, isp) not in self.drills:
            self.drills[kind, isp] = run(self.lab, self.history, self.plan, kind, isp)
        return self.drills[kind, isp]

    def after(self):
        """The estate now, as soon as it is as before, or as it is when the time is up."""
        found = {}

        def unmet():
            found["now"] = snapshot.take(None, self.lab.nodes.values())
            return None if found["now"] == self.before else "the estate is not as before"

        until([Condition("the estate is as before", unmet)], Deadline.after(SNAP_SECONDS))
        return found["now"]


def usable(node, family):
    """A host's own address in a family; raises if it has none."""
    for each in route.addresses(None, node, family):
        address = ipaddress.ip_address(each.address)
        if not (address.is_link_local or address.is_loopback or {"tentative", "deprecated"} & set(each.flags)):
            return each.address
    raise CannotMeasure(f"{node.name} has no usable IPv{family} address")


def flows(lab, plan):
    """Every way between ``INSIDE`` and ``OUTSIDE`` in the families that both ends' LANs have at the stage."""
    return [
        Flow(
            f"{inside} → {outside}",
            lab.node(inside),
            family,
            usable(lab.node(outside), family),
            lab.node(outside),
            PORT,
        )
        for family in FAMILIES
        for inside in INSIDE
        for outside in OUTSIDE
        if family in families(plan, lab, inside) and family in families(plan, lab, outside)
    ]


def seen_on(capture, since, place=None):
    """(flow's index, outgoing) of the probe's packets that passed, at one interface or at any."""
    return {
        (PACKET.unpack(packet.data[-PACKET.size :])[1], packet.outgoing)
        for packet in capture.packets(since)
        if place in (None, (packet.node, packet.device))
    }


def is_probe(frame):
    return frame[-PACKET.size : -PACKET.size + len(MARK)] == MARK


def broken_families(kind):
    return {"silence-ipv4": (4,), "silence-ipv6": (6,)}.get(kind, FAMILIES)


def run(lab, history, plan, kind, isp):
    """Break the link of an ISP and mend it again. Raises ``CannotMeasure`` where it would prove nothing."""
    link = link_between(lab, isp, EDGES[isp])
    fault = KINDS[kind](link)
    chosen = flows(lab, plan)
    broken = tuple(each for each in broken_families(kind) if any(flow.family == each for flow in chosen))
    if not broken:
        raise CannotMeasure(f"no flow has a family that {fault} breaks at this stage")
    places = {name: (edge, name) for name, edge in EDGES.items()}
    peers = sessions_over(lab, plan, isp, broken)
    routers = [lab.node(name) for name in (isp, EDGES[isp])]
    began = time.monotonic()
    with (
        SessionWatch(history, routers) as watch,
        Capture(
            history, [(lab.node(node), device) for node, device in places.values()], is_probe, keep=200_000
        ) as capture,
        Continuity(history, chosen) as probe,
    ):
        hold(BASELINE_SECONDS)
        crossing = seen_on(capture, began, places[isp])
        prove_crossing(crossing, chosen, broken, isp)
        expected = {each for each in crossing if chosen[each[0]].family in broken}
        with applied(fault, lab, history) as broke:
            await_all(
                {
                    f"{router} gives up {peer}": lambda router=router, peer=peer: watch.down_at(router, peer, broke)
                    for router, peer, _ in peers
                }
                | {"flows have moved": lambda: moved(capture, broke, expected, places, isp)},
                MOVE_SECONDS,
            )
            hold(AFTER_SECONDS)
            mended = time.monotonic()
            still = seen_on(capture, mended - AFTER_SECONDS / 2, places[isp]) & expected
        await_all(
            {
                f"{router} and {peer}": lambda router=router, peer=peer: watch.is_up(router, peer)
                for router, peer, _ in peers
            }
            | {"flows are back": lambda: expected <= seen_on(capture, mended + 0.1, places[isp])},
            RETURN_SECONDS,
        )
        hold(AFTER_SECONDS)
        ended = time.monotonic()
        returned = seen_on(capture, ended - AFTER_SECONDS, places[isp])
    ways = {(index, out): way for index, result in enumerate(probe.result()) for out, way in ways_of(result)}
    out = Phase(str(fault), broke, mended, tuple(ways[each] for each in sorted(expected)))
    prove_left(out, still, ways, mended)
    lost_before = [str(way) for way in ways.values() if way.outage_ms(began, broke)]
    if lost_before:
        raise CannotMeasure(f"packets were lost before anything was broken: {', '.join(lost_before)}")
    cut = min((loss.began for way in out.ways for loss in way.losses if broke <= loss.began < mended), default=broke)
    untouched = tuple(way for (index, _), way in sorted(ways.items()) if chosen[index].family not in broken)
    return Drill(
        str(fault),
        out,
        replace(out, ways=untouched),
        Phase(f"fail-back after {fault}", mended, ended, tuple(ways[each] for each in sorted(ways))),
        tuple(
            Detection(router, peer, family, None if (at := watch.down_at(router, peer, broke)) is None else at - cut)
            for router, peer, family in peers
        ),
        tuple(str(ways[each]) for each in sorted(expected - returned)),
        tuple(watch.changes),
        tuple(event.reference for event in history.events(since=began) if event.kind.startswith(("fault", "probe.s"))),
    )


def sessions_over(lab, plan, isp, families):
    """(router, peer's address, family) at both ends of the ISP's link."""
    link = next(each for each in plan.links if each.ebgp and {each.a, each.b} == {isp, EDGES[isp]})
    return [
        (router, str(derive.link_interface(link, other, family).ip), family)
        for router, other in ((isp, EDGES[isp]), (EDGES[isp], isp))
        for family in families
    ]


def prove_crossing(crossing, chosen, families, isp):
    """Inbound in any case; outbound too where the province prefers the ISP. What does not cross proves nothing."""
    directions = (True, False) if isp == "viettel" else (False,)
    for family in families:
        for outgoing in directions:
            if not any(chosen[index].family == family and out is outgoing for index, out in crossing):
                raise CannotMeasure(f"no IPv{family} flow crosses the link to {isp} {DIRECTIONS[outgoing]}")


def prove_left(out, still, ways, mended):
    """What goes on although it crosses the broken link shows that the link was not broken."""
    for each in still:
        if not any(loss.began + loss.ms / 1000 >= mended - AFTER_SECONDS / 2 for loss in ways[each].losses):
            raise CannotMeasure(f"{ways[each]} still crosses the link and loses nothing: {out.fault} was not reached")


def moved(capture, since, expected, places, isp):
    other = next(place for name, place in places.items() if name != isp)
    return expected <= seen_on(capture, since, other)


def ways_of(result):
    for outgoing, way in ((True, result.there), (False, result.back)):
        losses = tuple(Loss(gap.began, gap.ms) for gap in way.gaps)
        yield outgoing, Way(result.name, result.family, DIRECTIONS[outgoing], losses)


def await_all(wanted, seconds):
    conditions = [Condition(name, lambda come=come: None if come() else "not yet") for name, come in wanted.items()]
    return until(conditions, Deadline.after(seconds), workers=1)


def hold(seconds):
    """What must not happen has this long to happen."""
    until([Condition("the time is over", lambda: "not yet")], Deadline.after(seconds), workers=1)
