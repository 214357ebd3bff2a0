"""A brand-new neighbour of an edge: a speaker of the harness's own at a host of the edge's ISP, in each family."""

from contextlib import ExitStack, contextmanager
from ipaddress import ip_address

from injected import MAP, require, routes, state, tell, until_as_before
from vantage import OUTSIDE, own_address

from harness.errors import CannotMeasure
from harness.plan.model import FAMILIES
from harness.probe.bgp_speaker import Identity, Speaker
from harness.probe.frr import SHORT
from harness.verdict import bad_routes
from harness.wait import Condition

UNUSED_AS = range(64496, 64512)
"""Numbers for documentation (RFC 5398)."""
HOPS = 5


def hosts_of(plan, borders):
    """Border → a host of its ISP."""
    found = {}
    for border in borders:
        lans = [each for each in plan.lans.values() if border.isp in each.gateways]
        host = next((each for lan in lans for each in lan.hosts if each in OUTSIDE), None)
        if host is None:
            raise CannotMeasure(f"no host of {border.isp} can speak BGP with {border.edge}")
        found[border] = host
    return found


class Stranger:
    """The speaker of one edge and family, and the edge's lines for it."""

    def __init__(self, lab, history, plan, border, host, family, prefix):
        self.lab, self.history, self.border, self.family, self.prefix = lab, history, border, family, prefix
        used = {each.number for each in plan.asns.values()}
        self.number = next(each for each in UNUSED_AS if each not in used)
        self.address = own_address(lab, history, plan, host, family)
        identity = Identity(family, self.address, self.number, own_address(lab, history, plan, host, 4))
        self.speaker = Speaker(history, lab.node(host), identity, (prefix,))
        self.where = f"{border.edge} with a new neighbour in IPv{family}"

    def lines(self):
        """What makes it a neighbour, and nothing else: no policy. What it sends is kept, to be seen."""
        return [
            f"neighbor {self.address} remote-as {self.number}",
            f"neighbor {self.address} ebgp-multihop {HOPS}",
            f"neighbor {self.address} timers connect 1",
            f"address-family {SHORT[self.family]} unicast",
            f"neighbor {self.address} activate",
            f"neighbor {self.address} soft-reconfiguration inbound",
            "exit-address-family",
        ]

    def way(self):
        """The edge's way to it, by which it knows that it is there: the default that it has counts for nobody's."""
        ip = {4: "ip", 6: "ipv6"}[self.family]
        return f"{ip} route {self.address}/{ip_address(self.address).max_prefixlen} {self.border.isp_side[self.family]}"

    def policy(self):
        both = [f"neighbor {self.address} route-map {MAP} {way}" for way in ("in", "out")]
        return [f"address-family {SHORT[self.family]} unicast", *both, "exit-address-family"]

    def imported(self, history=None):
        """What the edge has accepted of it."""
        return set(routes(self.lab, history, self.border.edge, self.family, self.address, "routes"))

    def exported(self):
        return self.speaker.heard

    def up(self):
        """The condition that both ends call it up, and that the edge has heard the prefix before any policy."""

        def unmet():
            if not self.speaker.established:
                return self.speaker.ended
            if not self.speaker.told_all:
                return "it has not told all"
            heard = routes(self.lab, None, self.border.edge, self.family, self.address, "received-routes")
            return None if self.prefix in heard else "the prefix has not arrived"

        return Condition(self.where, unmet)

    def works(self):
        """The condition that with a policy it gives and gets: that a nought before was the policy's."""

        def unmet():
            if self.prefix not in self.imported():
                return "even with a policy nothing is imported"
            return None if self.exported() else "even with a policy nothing is exported"

        return Condition(self.where, unmet)


@contextmanager
def strangers(lab, history, plan, borders):
    """New neighbours of every edge, up, in each family that its border has. Gone again when the body ends."""
    hosts = hosts_of(plan, borders)
    found = [
        Stranger(lab, history, plan, border, hosts[border], family, bad_routes.CONTROLS[family][index])
        for index, border in enumerate(borders)
        for family in FAMILIES
        if family in border.isp_side
    ]
    own = plan.asns["province"].number
    before = state(lab, plan, borders), configs(lab, borders)
    try:
        with ExitStack() as stack:
            for each in found:
                stack.enter_context(each.speaker)
            for border in borders:
                ways = [each.way() for each in found if each.border is border]
                lines = [line for each in found if each.border is border for line in each.lines()]
                if said := tell(lab, history, border.edge, [*ways, f"router bgp {own}", *lines]):
                    raise CannotMeasure(f"{border.edge} takes no new neighbour: {said}")
            require("the new neighbour's session", [each.up() for each in found])
            yield found
    finally:
        for border in borders:
            gone = [f"no neighbor {each.address}" for each in found if each.border is border]
            gone += ["exit", f"no route-map {MAP}", *(f"no {each.way()}" for each in found if each.border is border)]
            tell(lab, history, border.edge, [f"router bgp {own}", *gone])
        until_as_before(lab, plan, borders, before[0])
        same = Condition("edges", lambda: None if configs(lab, borders) == before[1] else "not configured as before")
        require("what was configured before", [same])


def with_policy(lab, history, plan, found):
    """Give the new neighbours a policy that lets everything through, and see that it does."""
    for edge in {each.border.edge for each in found}:
        lines = [line for each in found if each.border.edge == edge for line in each.policy()]
        head = [f"route-map {MAP} permit 10", "exit", f"router bgp {plan.asns['province'].number}"]
        tell(lab, history, edge, [*head, *lines])
    require("what a new neighbour with a policy gives and gets", [each.works() for each in found])


def configs(lab, borders):
    return {each.edge: lab.exec(each.edge, "vtysh", "-c", "show running-config").out for each in borders}
