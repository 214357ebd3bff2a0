"""Routes that ISPs announce for a moment: put in at their routers, heard by the edges, taken out and shown to be gone."""

from contextlib import contextmanager
from dataclasses import dataclass

from harness.errors import CannotMeasure, LabFailed
from harness.plan import derive
from harness.plan.model import FAMILIES
from harness.probe.frr import SHORT, frr
from harness.wait import Condition, Deadline, until

MAP = "RM-V6LAB-INJECTED"
WAIT_SECONDS = 10.0
SHOWN = 200
"""So many lines of what a router was told the history keeps."""
CALM = "advertisement-interval"
"""What an unkind ISP holds its customer's news back with: switched off for the time, else a change takes 30 s."""


@dataclass(frozen=True)
class Border:
    """A link to an ISP: its router and AS, the province's router, and the addresses of both by family."""

    isp: str
    number: int
    edge: str
    isp_side: dict
    edge_side: dict

    def __hash__(self):
        return hash((self.isp, self.edge))


def border_links(plan):
    """(the province's router, the ISP's, the link) of each link to an ISP."""
    own = plan.asns["province"].routers
    for link in plan.links:
        if link.ebgp and {link.a, link.b} & set(own):
            edge, isp = (link.a, link.b) if link.a in own else (link.b, link.a)
            yield edge, isp, link


def borders(plan, lab):
    """Every link of the province to an ISP. Raises if some family is not on there: nothing can be announced in it."""
    found = []
    for edge, isp, link in border_links(plan):
        fams = derive.families(plan, link, lab.stage)
        sides = [{each: str(derive.link_interface(link, node, each).ip) for each in fams} for node in (isp, edge)]
        found.append(Border(isp, derive.asn_of(plan, isp), edge, *sides))
    if not found:
        raise CannotMeasure("the plan has no link to an ISP")
    return found


def routes(lab, history, node, family, peer, which):
    """What a router holds of a neighbour (``received-routes``: before its own policy, ``routes``: after it)."""
    answer = frr(history, lab.node(node), "bgpd", f"show bgp {SHORT[family]} unicast neighbors {peer} {which} json")
    key = "receivedRoutes" if which == "received-routes" else "routes"
    if key not in answer:
        raise CannotMeasure(f"{node} does not say what {peer} sent: {answer}")
    return answer[key]


def path_of(entry):
    """The AS path of a route, as numbers."""
    first = entry[0] if isinstance(entry, list) else entry
    return [int(each) for each in first.get("path", "").split() if each.isdigit()]


def arrived(lab, border, family, wanted, marker):
    """Those of ``wanted`` that the edge has heard from its ISP with the marker in their path."""
    heard = routes(lab, None, border.edge, family, border.isp_side[family], "received-routes")
    return {each for each in wanted if each in heard and marker in path_of(heard[each])}


@contextmanager
def injected(lab, history, plan, wanted):
    """Let ISPs announce prefixes to the province while the body runs: ``wanted`` is border → family → prefixes.

    The third AS is in their path, so it takes none of them for a loop, and no ISP hears the other's that way. Raises
    ``CannotMeasure`` if not all arrive, ``LabFailed`` if routers are not afterwards what they were before.
    """
    marker = plan.asns["vnix"].number
    before = state(lab, plan, wanted)
    calm = {border: calmed(border, before[0][border.isp]) for border in wanted}
    try:
        for border, prefixes in wanted.items():
            let_speak(lab, history, border, calm[border])
            put_in(lab, history, border, prefixes, marker)
        require("the announcement", [heard(lab, one, fam, set(all_), marker) for one, fam, all_ in each_of(wanted)])
        yield marker
    finally:
        for border, prefixes in wanted.items():
            take_out(lab, history, border, prefixes)
        gone = until([withdrawn(lab, *each, marker) for each in each_of(wanted)], Deadline.after(WAIT_SECONDS))
        for border in wanted:
            tell(lab, history, border.isp, [f"router bgp {border.number}", *calm[border]])
        until_as_before(lab, plan, wanted, before, gone.pending)


def until_as_before(lab, plan, wanted, before, pending=()):
    """Wait for routers to be what they were. Raises ``LabFailed`` if they are not, or if something was ``pending``."""
    same = until(
        [Condition("routers as before", lambda: differs(before, state(lab, plan, wanted)))],
        Deadline.after(WAIT_SECONDS),
    )
    if left := (*pending, *same.pending):
        raise LabFailed("; ".join(f"{name}: {why}" for name, why in left))


def each_of(wanted):
    for border, by_family in wanted.items():
        for family, prefixes in by_family.items():
            yield border, family, prefixes


def calmed(border, config):
    """The lines with which an ISP keeps news from its customer."""
    return [
        line.strip()
        for line in config.splitlines()
        if CALM in line and line.split()[1:2] and line.split()[1] in border.edge_side.values()
    ]


STILL_WAITING = "mraiTimerExpireInMsecs"
"""In bgpd's record of a neighbour while its timer runs; the timer runs on when the interval is taken away."""


def let_speak(lab, history, border, calm):
    """Take an ISP's interval away; a session whose timer runs already begins anew, else it is silent for 30 s more."""
    if not calm:
        return
    off = [f"no {line.rpartition(' ')[0]}" for line in calm]
    tell(lab, history, border.isp, [f"router bgp {border.number}", *off])
    found = frr(history, lab.node(border.isp), "bgpd", "show bgp neighbors json")
    waiting = [each for each in border.edge_side.values() if STILL_WAITING in found.get(each, {})]
    for peer in waiting:
        lab.exec(border.isp, "vtysh", "-c", f"clear bgp {peer}")
    if waiting:
        require("a session that begins anew", [begun_anew(lab, border, peer, found) for peer in waiting])


def begun_anew(lab, border, peer, before):
    """The condition that a session has come up once more than ``before``, and that each end has told the other all."""

    def unmet():
        record = frr(None, lab.node(border.isp), "bgpd", "show bgp neighbors json").get(peer, {})
        if record.get("connectionsEstablished", 0) <= before[peer].get("connectionsEstablished", 0):
            return "it has not come up again"
        ribs = record.get("gracefulRestartInfo", {})
        told = all(ribs.get(each) for each in ("endOfRibSend", "endOfRibRecv"))
        return None if record.get("bgpState") == "Established" and told else "not all is told"

    return Condition(f"{border.isp} and {peer}", unmet)


def put_in(lab, history, border, prefixes, marker):
    lines = [f"route-map {MAP} permit 10", f"set as-path prepend {marker}", "exit", f"router bgp {border.number}"]
    lines.append("no bgp network import-check")
    for family, each in prefixes.items():
        networks = [f"network {prefix} route-map {MAP}" for prefix in each]
        lines += [f"address-family {SHORT[family]} unicast", *networks, "exit-address-family"]
    if said := tell(lab, history, border.isp, lines):
        raise CannotMeasure(f"{border.isp} does not announce: {said}")


def take_out(lab, history, border, prefixes):
    lines = [f"router bgp {border.number}"]
    for family, each in prefixes.items():
        networks = [f"no network {prefix} route-map {MAP}" for prefix in each]
        lines += [f"address-family {SHORT[family]} unicast", *networks, "exit-address-family"]
    tell(lab, history, border.isp, [*lines, "bgp network import-check", "exit", f"no route-map {MAP}"])


def tell(lab, history, router, lines):
    """Configure a router, line by line and on after a line that it refuses; what it said of those."""
    script = "\n".join(["configure terminal", *lines, "end"]) + "\n"
    answer = lab.engine.exec(lab.name, router, ("vtysh",), stdin=script.encode())
    history.append("lab.configure", router, {"lines": lines[:SHOWN], "count": len(lines), "out": answer.out[-2000:]})
    return "; ".join(line for line in answer.out.splitlines() if line.startswith("%"))


def heard(lab, border, family, prefixes, marker):
    def unmet():
        missing = prefixes - arrived(lab, border, family, prefixes, marker)
        return f"not heard: {', '.join(sorted(missing))}" if missing else None

    return Condition(f"{border.edge} hears {border.isp} in IPv{family}", unmet)


def withdrawn(lab, border, family, prefixes, marker):
    def unmet():
        left = arrived(lab, border, family, set(prefixes), marker)
        return f"still heard: {', '.join(sorted(left))}" if left else None

    return Condition(f"{border.edge} no longer hears {border.isp} in IPv{family}", unmet)


def require(what, conditions):
    """Wait for conditions that a measurement needs."""
    if pending := until(conditions, Deadline.after(WAIT_SECONDS)).pending:
        raise CannotMeasure(f"{what} has not arrived: " + "; ".join(f"{name}: {why}" for name, why in pending))


def state(lab, plan, wanted):
    """The ISPs' configurations, and the best paths of every router that hears of them: what must be as before."""
    configs = {border.isp: lab.exec(border.isp, "vtysh", "-c", "show running-config").out for border in wanted}
    routers = (*configs, *plan.asns["province"].routers, *plan.asns["vnix"].routers)
    return configs, {(router, family): best(lab, router, family) for router in routers for family in FAMILIES}


def best(lab, router, family):
    table = frr(None, lab.node(router), "bgpd", f"show bgp {SHORT[family]} unicast json").get("routes", {})
    return {
        prefix: [(each["peerId"], each.get("path", "")) for each in paths if each.get("bestpath")]
        for prefix, paths in table.items()
    }


def differs(before, now):
    """Why two states are not the same, ``None`` if they are."""
    for was, is_ in zip(before, now, strict=True):
        for key, value in was.items():
            if is_[key] != value:
                return f"{key} is not as it was"
    return None
