"""The failures of an ISP's link as the checks of failover want them: which flows, which interfaces, who gives up."""

from harness.drill import flows
from harness.drill.as_before import left_over, remember
from harness.drill.failover import Scenario, run
from harness.fault.base import link_between
from harness.fault.kinds import KINDS
from harness.plan import derive
from harness.plan.model import FAMILIES

INSIDE = ("portal", "stttt-pc")
OUTSIDE = ("viettel-citizen", "vnpt-citizen", "foreign-web")
EDGES = {"viettel": "edge1", "vnpt": "edge2"}
SNAP_SECONDS = 15.0


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

    def left_over(self):
        """What is not as before, when all is as before or the time is up."""
        return left_over(self.lab, self.before, SNAP_SECONDS)


def broken_families(kind):
    return {"silence-ipv4": (4,), "silence-ipv6": (6,)}.get(kind, FAMILIES)


def scenario(lab, plan, kind, isp):
    """The link of an ISP breaks. Flows cross it inbound in any case; outbound too where the province prefers the ISP."""
    fault = KINDS[kind](link_between(lab, isp, EDGES[isp]))
    chosen = flows.between(lab, plan, INSIDE, OUTSIDE)
    broken = tuple(each for each in broken_families(kind) if any(flow.family == each for flow in chosen))
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


def sessions_over(plan, isp, families):
    """(router, peer's address, family) at both ends of the ISP's link."""
    link = next(each for each in plan.links if each.ebgp and {each.a, each.b} == {isp, EDGES[isp]})
    return tuple(
        (router, str(derive.link_interface(link, other, family).ip), family)
        for router, other in ((isp, EDGES[isp]), (EDGES[isp], isp))
        for family in families
    )
