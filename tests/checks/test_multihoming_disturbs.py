import pytest
from injected import borders, injected, path_of, require, routes

from harness.errors import CannotMeasure
from harness.plan.model import FAMILIES
from harness.probe.frr import SHORT, frr
from harness.probe.route import EVERYWHERE
from harness.verdict import bad_routes, bgp
from harness.wait import Condition, Deadline, until


@pytest.fixture(scope="module")
def links(lab, plan):
    """The links to two ISPs, in every family that both have."""
    found = borders(plan, lab)
    fams = [each for each in FAMILIES if all(each in border.isp_side for border in found)]
    if len(found) < 2 or not fams:
        raise CannotMeasure("there are no two ISPs with a family in common at this stage")
    return found, fams


def evidence(history):
    return tuple(event.reference for event in history.events("probe.frr")[-8:])


def holds(lab, router, family, prefix):
    """Whether a router has chosen a path to a prefix, so that its export policy alone keeps it from telling."""
    table = frr(None, lab.node(router), "bgpd", f"show bgp {SHORT[family]} unicast {prefix} json")
    return any(each.get("bestpath", {}).get("overall") for each in table.get("paths", []))


def held(lab, router, family, prefix):
    why = f"{router} has no best path to it"
    return Condition(f"{router} and {prefix}", lambda: None if holds(lab, router, family, prefix) else why)


@pytest.mark.disturbs
@pytest.mark.check("BGP-03")
def test_the_province_is_nobodys_transit(lab, history, plan, links, targets, judged):
    found, fams = links
    wanted = {
        border: {family: [bad_routes.CONTROLS[family][index]] for family in fams} for index, border in enumerate(found)
    }
    own = plan.asns["province"].number
    leaked = {}

    def leaks(history=None):
        """What each ISP has heard of the others' prefixes from the province."""
        for source in found:
            for target in found:
                if source is not target:
                    new = {
                        prefix
                        for family in fams
                        for prefix in wanted[source][family]
                        if prefix
                        in routes(lab, history, target.isp, family, target.edge_side[family], "received-routes")
                    }
                    leaked[source.isp, target.isp] = leaked.get((source.isp, target.isp), set()) | new
        return None if any(leaked.values()) else "nothing has leaked"

    with injected(lab, history, plan, wanted):
        across = [
            held(lab, target.edge, family, prefix)
            for source in found
            for target in found
            if source is not target
            for family in fams
            for prefix in wanted[source][family]
        ]
        require("what one edge heard at the other", across)
        until([Condition("a leak", leaks)], Deadline.after(targets["leak_hold_s"]))
        leaks(history)
    findings = bgp.no_transit(leaked)
    for border in found:
        for family in fams:
            heard = routes(lab, history, border.isp, family, border.edge_side[family], "received-routes")
            findings += bgp.own_paths(border.isp, {prefix: path_of(each) for prefix, each in heard.items()}, own)
    judged(findings, evidence(history))


@pytest.mark.disturbs
@pytest.mark.check("BGP-04")
def test_edges_drop_what_no_isp_may_send_and_take_what_it_owes(lab, history, plan, links, judged):
    found, fams = links
    sent, owed = {}, {}
    for index, border in enumerate(found):
        for family in fams:
            control = bad_routes.CONTROLS[family][index]
            sent[border, family] = bad_routes.bad(plan, family, control)
            owed[border, family] = {control: "the control", EVERYWHERE[family]: "the contracted default"}
    wanted = {
        border: {family: [*sent[border, family], bad_routes.CONTROLS[family][index]] for family in fams}
        for index, border in enumerate(found)
    }
    findings = ()
    with injected(lab, history, plan, wanted) as marker:
        for border in found:
            for family in fams:
                accepted = routes(lab, history, border.edge, family, border.isp_side[family], "routes")
                mine = {each for each in accepted if each in EVERYWHERE.values() or marker in path_of(accepted[each])}
                where = f"{border.edge} from {border.isp} in IPv{family}"
                findings += bgp.filtered(where, mine, sent[border, family], owed[border, family])
    judged(findings, evidence(history))
