from collections import Counter

import pytest
from vantage import OUTSIDE, families

from harness.errors import CannotMeasure
from harness.lab.conditions.routing import border_peers
from harness.plan import derive
from harness.plan.model import FAMILIES
from harness.probe import route
from harness.probe.capture import Capture
from harness.probe.frr import frr
from harness.probe.icmp import EchoAsk, echo_many
from harness.probe.packet_filter import short
from harness.verdict import bgp
from harness.verdict import plan as judge_plan
from harness.wait import Deadline

UNICAST = {4: "ipv4 unicast", 6: "ipv6 unicast"}
ROUTES = {4: "show ip route bgp json", 6: "show ipv6 route bgp json"}


def planned(plan, lab):
    """Both ends of every eBGP session between the province and an ISP: router, peer's address, family."""
    own = plan.asns["province"].routers
    for link in plan.links:
        if not link.ebgp or not ({link.a, link.b} & set(own)):
            continue
        for router in (link.a, link.b):
            for family in derive.families(plan, link, lab.stage):
                other = link.b if router == link.a else link.a
                yield router, str(derive.link_interface(link, other, family).ip), family


def ends(lab, history, plan, daemon, command, key=None):
    asked = {}
    found = []
    for router, peer, family in planned(plan, lab):
        if router not in asked:
            answer = frr(history, lab.node(router), daemon, command)
            asked[router] = {each["peer"]: each for each in answer} if isinstance(answer, list) else answer
        found.append(bgp.SessionEnd(router, peer, family, asked[router].get(peer)))
    if not found:
        raise CannotMeasure("the plan has no eBGP session at this stage")
    return found


@pytest.fixture(scope="module")
def sessions(lab, history, plan):
    return ends(lab, history, plan, "bgpd", "show bgp neighbors json")


def evidence(history):
    return tuple(event.reference for event in history.events("probe.frr")[-6:])


@pytest.mark.check("BGP-01")
def test_every_session_has_the_family_of_its_transport_at_both_ends(sessions, history, judged):
    judged(bgp.sessions(sessions), evidence(history))


@pytest.mark.check("BGP-02")
@pytest.mark.parametrize("family", FAMILIES)
def test_each_isp_hears_the_registered_block_and_nothing_else(lab, history, plan, family, judged):
    findings = ()
    for router, peer, on in planned(plan, lab):
        if on != family or router in plan.asns["province"].routers:
            continue
        answer = frr(
            history, lab.node(router), "bgpd", f"show bgp {UNICAST[family]} neighbors {peer} received-routes json"
        )
        if "receivedRoutes" not in answer:
            raise CannotMeasure(f"{router} does not keep what {peer} sent: {answer}")
        findings += bgp.announced(router, set(answer["receivedRoutes"]), {str(plan.own(family))})
    judged(findings, evidence(history), where=f"IPv{family}")


@pytest.mark.check("BGP-09")
@pytest.mark.parametrize("family", FAMILIES)
def test_what_bgp_has_selected_is_what_the_kernel_forwards_by(lab, history, plan, family, judged):
    findings = ()
    for router in plan.asns["province"].routers:
        node = lab.node(router)
        selected = frr(history, node, "zebra", ROUTES[family])
        rib = {
            prefix: {
                f"{hop.get('ip', '')}%{hop['interfaceName']}"
                for each in routes
                if each.get("selected")
                for hop in each["nexthops"]
                if hop.get("fib")
            }
            for prefix, routes in selected.items()
        }
        kernel = route.routes(history, node, family)
        fib = {each.destination: {f"{hop.gateway}%{hop.device}" for hop in each.next_hops} for each in kernel}
        default = [each for each in kernel if each.destination == route.EVERYWHERE[family]]
        findings += bgp.in_fib(router, {prefix: hops for prefix, hops in rib.items() if hops}, fib)
        findings += tuple(
            bgp.Finding(router, f"the default is of protocol {each.protocol}", "bgp")
            for each in default
            if each.protocol != "bgp"
        )
        if not default:
            findings += (bgp.Finding(router, f"no IPv{family} default in the FIB"),)
    judged(findings, evidence(history), where=f"IPv{family}")


def paths_at_the_third_as(lab, history, plan, family):
    answer = frr(history, lab.node("vnix"), "bgpd", f"show bgp {UNICAST[family]} {plan.own(family)} json")
    return answer.get("paths", [])


@pytest.mark.check("BGP-10")
def test_both_families_leave_and_enter_by_the_same_isp(lab, history, plan, judged):
    findings = ()
    for router in ("core1", "core2"):
        ways = {}
        for family in FAMILIES:
            hops = [
                hop.device
                for each in route.routes(history, lab.node(router), family)
                if each.destination == route.EVERYWHERE[family]
                for hop in each.next_hops
            ]
            ways[family] = ", ".join(sorted(hops)) or "nothing"
        findings += bgp.same_way(f"{router} outbound", ways)
    inbound = {}
    for family in FAMILIES:
        best = [
            each
            for each in paths_at_the_third_as(lab, history, plan, family)
            if each.get("bestpath", {}).get("overall")
        ]
        inbound[family] = best[0]["peer"]["hostname"] if best else "nothing"
    judged(findings + bgp.same_way("vnix inbound", inbound), evidence(history))


@pytest.mark.check("BGP-11")
@pytest.mark.parametrize("family", FAMILIES)
def test_a_third_as_sees_the_block_through_both_isps(lab, history, plan, family, judged):
    paths = [
        [number for segment in each["aspath"]["segments"] for number in segment["list"]]
        for each in paths_at_the_third_as(lab, history, plan, family)
        if each.get("valid")
    ]
    isps = {name: plan.asns[name].number for name in ("viettel", "vnpt")}
    own = plan.asns["province"].number
    judged(bgp.visible(str(plan.own(family)), paths, isps, own), evidence(history), where=f"IPv{family}")


ADDRESSES = {4: (30, 34), 6: (38, 54)}
"""Where a frame has its destination, and …"""
ECHO = {4: (38, 42), 6: (58, 62)}
"""… its identifier and sequence number, which tell one echo from another (frames without extension headers)."""


def crossing_again(capture, family, target):
    """Whether some echo has been seen a second time."""
    seen = crossing([packet.data for packet in capture.packets()], family, target)
    return max(seen.values(), default=0) > 1


AGAIN_SECONDS = 0.3
"""So long the capture is given to hand over what has passed already."""
UNUSED_SECONDS = 1.0
"""One echo each: a packet that loops has used up its hops in a millisecond."""


def crossing(frames, family, target):
    """How often each echo to ``target`` is among the frames."""
    at, echo = slice(*ADDRESSES[family]), slice(*ECHO[family])
    return Counter(frame[echo] for frame in frames if frame[at] == target.packed)


@pytest.mark.waits
@pytest.mark.check("BGP-13")
@pytest.mark.parametrize("family", FAMILIES)
def test_unused_space_ends_at_the_edges_and_does_not_loop(lab, history, plan, family, judged):
    own = [(router, peer) for router, peer, on in planned(plan, lab) if on == family]
    edges = [router for router, _ in own if router in plan.asns["province"].routers]
    if not edges:
        raise CannotMeasure(f"no session with an ISP in IPv{family} at this stage")
    block = str(plan.own(family))
    findings = ()
    for edge in edges:
        kinds = [each.kind for each in route.routes(history, lab.node(edge), family) if each.destination == block]
        findings += bgp.anchored(edge, block, kinds)
    target = judge_plan.unused(plan, family).network_address + (1 if family == 6 else 0)
    sources = [each for each in (*OUTSIDE, "mgmt") if family in families(plan, lab, each)]
    taps = [
        (lab.node(edge), link.a if link.b == edge else link.b)
        for edge in edges
        for link in plan.links
        if link.ebgp and edge in (link.a, link.b)
    ]
    at = slice(*ADDRESSES[family])
    with Capture(history, taps, lambda frame: frame[at] == target.packed, passes=short()) as heard:
        asks = [EchoAsk(lab.node(each), family, str(target)) for each in sources]
        seen = echo_many(history, asks, UNUSED_SECONDS)
        heard.wait_for(lambda _: crossing_again(heard, family, target), Deadline.after(AGAIN_SECONDS))
        frames = [packet.data for packet in heard.packets()]
    counts = crossing(frames, family, target)
    if not counts and not findings:
        raise CannotMeasure(f"no packet to {target} has crossed a link to an ISP: it went another way, or nowhere")
    for source, each in zip(sources, seen, strict=True):
        where = f"{source} to unused {target}"
        findings += bgp.no_loop(where, each.answer, each.data.get("reason", ""), ())
    findings += bgp.no_loop(f"unused {target}", "", "", list(counts.values()))
    judged(findings, (*evidence(history), *(each.event for each in seen)), where=f"IPv{family}")


@pytest.mark.check("BGP-16")
def test_hold_times_and_bfd_are_the_same_in_both_families(lab, history, plan, sessions, targets, judged):
    detectors = ends(lab, history, plan, "bfdd", "show bfd peers json")
    judged(bgp.hold_times(sessions, targets["bgp_hold_s"]) + bgp.bfd(detectors), evidence(history))


def test_the_plan_and_the_convergence_conditions_speak_of_the_same_sessions(plan, lab):
    own_as = lab.stage != plan.stages[0].name
    for router, peer, family in planned(plan, lab):
        assert (peer in border_peers(plan, router, family, lab.stage)) == own_as
