"""The failures of an ISP's link as the checks of failover want them: which flows, which interfaces, who gives up."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from injected import require, tell

from harness.drill import catalogue, flows
from harness.drill.as_before import left_over, remember
from harness.drill.failover import Scenario, run
from harness.errors import CannotMeasure
from harness.fault.base import link_between
from harness.fault.kinds import KINDS
from harness.plan import derive
from harness.plan.model import FAMILIES
from harness.probe import route
from harness.probe.frr import frr
from harness.suite import catalogue as requirements
from harness.verdict import outage
from harness.verdict.verdict import Finding
from harness.wait import Condition, Deadline, until

INSIDE = ("portal", "stttt-pc")
OUTSIDE = ("viettel-citizen", "vnpt-citizen", "foreign-web")
EDGES = {"viettel": "edge1", "vnpt": "edge2"}
SNAP_SECONDS = 15.0
WAYS_SECONDS = 40.0
"""An unkind ISP keeps news back for 30 s."""
CONFIGS = Path(__file__).parents[2] / "configs"


class Failover:
    """The drills of a lab, each run once; ``before`` is the estate as it was before the first."""

    def __init__(self, lab, history, plan):
        self.lab, self.history, self.plan = lab, history, plan
        self.drills = {}
        self.before = remember(lab)

    def drill(self, kind, isp):
        if (kind, isp) not in self.drills:
            self.drills[kind, isp] = run(self.lab, self.history, scenario(self.lab, self.plan, kind, isp))
        return self.drills[kind, isp]

    def filed(self, name):
        """What a drill of ``configs/drills`` comes to, done once."""
        if name not in self.drills:
            wanted = drill_file(self.plan, name)
            wanted.require(self.lab, self.plan)
            self.drills[name] = wanted.once(self.lab, self.plan, self.history).done
        return self.drills[name]

    def without_bfd(self, isp, patience):
        """The silence of an ISP's link that has no BFD, and the hold time in seconds that its sessions have."""
        wanted = replace(scenario(self.lab, self.plan, "silence", isp), patience=patience)
        with no_bfd(self.lab, self.history, wanted.sessions, self.plan):
            hold = max(hold_seconds(self.lab, *each[:2]) for each in wanted.sessions)
            return run(self.lab, self.history, wanted), hold

    def left_over(self):
        """What is not as before, when all is as before or the time is up."""
        return left_over(self.lab, self.before, SNAP_SECONDS)


def broken_families(kind):
    return {"silence-ipv4": (4,), "silence-ipv6": (6,)}.get(kind, FAMILIES)


def scenario(lab, plan, kind, isp):
    """The link of an ISP breaks. Flows cross it inbound in any case; outbound too where the province prefers the ISP."""
    fault = KINDS[kind](link_between(lab, isp, EDGES[isp]))
    chosen, broken = flows.planned(lab, plan, [(INSIDE, OUTSIDE)], broken_families(kind))
    return Scenario(
        str(fault),
        fault,
        chosen,
        broken,
        (True, False) if isp == "viettel" else (False,),
        ((EDGES[isp], isp),),
        tuple((edge, name) for name, edge in EDGES.items() if name != isp),
        sessions_over(plan, isp, broken),
    )


def hears_nothing(lab, kind, isp):
    """The routers that notice by themselves. Who still hears is told by the other: by BGP at once, or by BFD, which
    sends once a second from then on (RFC 5880 section 6.8.3)."""
    return {end.node for end in KINDS[kind](link_between(lab, isp, EDGES[isp])).deaf}


def sessions_over(plan, isp, families):
    """(router, peer's address, family) at both ends of the ISP's link."""
    link = next(each for each in plan.links if each.ebgp and {each.a, each.b} == {isp, EDGES[isp]})
    return tuple(
        (router, str(derive.link_interface(link, other, family).ip), family)
        for router, other in ((isp, EDGES[isp]), (EDGES[isp], isp))
        for family in families
    )


def came_back(drill, most_ms):
    """The flows return to what broke, with no longer loss than ``most_ms``."""
    not_back = tuple(Finding(way, f"has not returned after {drill.fault}") for way in drill.not_back)
    return outage.recovered(drill.back, most_ms) + not_back


def drill_file(plan, name):
    targets = requirements.targets(CONFIGS / "targets.yml")
    return catalogue.read(CONFIGS / "drills" / f"{name}.yml", plan.stage_names(), targets)


@contextmanager
def no_bfd(lab, history, sessions, plan):
    """The sessions at both ends are without BFD while the body runs. FRR ends a session whose BFD goes; it comes back
    without."""
    ways = ways_of(lab, plan)
    try:
        for router, peer, _ in sessions:
            configure(lab, history, plan, router, f"no neighbor {peer} bfd")
        require_bfd(lab, sessions, up=False)
        require_ways(lab, plan, ways)
        yield
    finally:
        for router, peer, _ in sessions:
            configure(lab, history, plan, router, f"neighbor {peer} bfd", f"neighbor {peer} bfd profile isp")
        require_bfd(lab, sessions, up=True)
        require_ways(lab, plan, ways)


def ways_of(lab, plan):
    """The routes of all who hear of the ISPs."""
    routers = (*plan.asns["province"].routers, *EDGES, *plan.asns["vnix"].routers)
    return {
        (router, family): frozenset(route.routes(None, lab.node(router), family))
        for router in routers
        for family in FAMILIES
    }


def require_ways(lab, plan, ways):
    def unmet():
        now = ways_of(lab, plan)
        other = [router for router, family in ways if now[router, family] != ways[router, family]]
        return f"other routes: {', '.join(dict.fromkeys(other))}" if other else None

    if pending := until([Condition("routes are as before", unmet)], Deadline.after(WAYS_SECONDS)).pending:
        raise CannotMeasure(pending[0][1])


def configure(lab, history, plan, router, *lines):
    number = next(each.number for each in plan.asns.values() if router in each.routers)
    if said := tell(lab, history, router, [f"router bgp {number}", *lines]):
        raise CannotMeasure(f"{router} refuses {lines[0]}: {said}")


def require_bfd(lab, sessions, *, up):
    def looking(router, peer):
        def unmet():
            found = frr(None, lab.node(router), "bfdd", "show bfd peers json")
            is_up = any(each.get("peer") == peer and each.get("status") == "up" for each in found)
            return None if is_up is up else f"BFD with {peer} is {'up' if is_up else 'not up'}"

        return unmet

    wanted = [Condition(f"{router} and {peer}", looking(router, peer)) for router, peer, _ in sessions]
    require("BFD" if up else "the end of BFD", wanted)


def hold_seconds(lab, router, peer):
    """The hold time that a session has negotiated (RFC 4271 section 4.2)."""
    found = frr(None, lab.node(router), "bgpd", "show bgp neighbors json").get(peer, {})
    if not (hold := found.get("bgpTimerHoldTimeMsecs", 0)):
        raise CannotMeasure(f"{router} does not say the hold time of its session with {peer}")
    return hold / 1000
