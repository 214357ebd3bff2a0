import time

import pytest
from failover import Failover, came_back, hears_nothing

from harness.drill.failover import hold
from harness.errors import CannotMeasure
from harness.plan.model import FAMILIES
from harness.probe.session_watch import SessionWatch
from harness.verdict import outage
from harness.verdict.verdict import Finding

pytestmark = pytest.mark.disturbs

OTHER = {4: 6, 6: 4}
ISPS = ("viettel", "vnpt")
DEFAULT_HOLD = 180.0
"""Of FRR's ``defaults traditional``, in seconds."""


@pytest.fixture(scope="module")
def failover(lab, history, plan):
    return Failover(lab, history, plan)


@pytest.mark.check("FO-01")
@pytest.mark.parametrize("isp", ISPS)
def test_a_lost_carrier_is_survived_by_both_families(failover, isp, targets, judged):
    drill = failover.drill("carrier", isp)
    judged(outage.recovered(drill.out, targets["failover_carrier_ms"]), drill.evidence, where=isp)


@pytest.mark.check("FO-02")
@pytest.mark.parametrize(("kind", "isp"), [("silence", "viettel"), ("silence", "vnpt"), ("silence-one-way", "viettel")])
def test_a_silent_isp_is_noticed_and_survived_by_both_families(failover, kind, isp, targets, judged):
    drill = failover.drill(kind, isp)
    deaf = [each for each in drill.detections if each.router in hears_nothing(failover.lab, kind, isp)]
    told = [each for each in drill.detections if each not in deaf]
    findings = outage.detected(deaf, targets["bfd_detection_s"])
    findings += outage.detected(told, targets["bfd_remote_detection_s"])
    findings += outage.recovered(drill.out, targets["failover_silence_ms"])
    judged(findings, drill.evidence, where=f"{isp}, {kind}")


@pytest.mark.check("FO-03")
def test_without_bfd_a_silent_isp_is_out_for_no_longer_than_the_hold_time_allows(failover, targets, judged):
    allowed = targets["bgp_hold_s"] + targets["failover_after_hold_s"]
    drill, hold = failover.without_bfd("viettel", allowed)
    early = [each for each in drill.detections if each.seconds is not None and each.seconds < hold / 2]
    if early:
        raise CannotMeasure(f"{early[0].router} noticed after {early[0].seconds:.1f} s: not by its hold time")
    findings = outage.recovered(drill.out, 1000 * (hold + targets["failover_after_hold_s"]))
    findings += outage.detected(drill.detections, hold + targets["failover_after_hold_s"])
    if hold > targets["bgp_hold_s"]:
        findings += (Finding("viettel", f"hold time of {hold:g} s", f"at most {targets['bgp_hold_s']:g} s"),)
    longest = max(outage.worst([drill.out], family) for family in FAMILIES) / 1000
    said = f"out for {longest:.1f} s at a hold time of {hold:g} s; FRR's own hold time would cost {DEFAULT_HOLD:g} s"
    judged(findings, (*drill.evidence, said))


@pytest.mark.check("FO-04")
@pytest.mark.parametrize("family", FAMILIES)
def test_one_familys_failure_moves_that_family_and_leaves_the_other_alone(failover, family, targets, judged):
    drill = failover.drill(f"silence-ipv{family}", "viettel")
    if not drill.others.ways:
        raise CannotMeasure(f"no flow of IPv{OTHER[family]} to compare with")
    findings = outage.detected(drill.detections, targets["bfd_detection_s"])
    findings += outage.recovered(drill.out, targets["failover_silence_ms"])
    findings += outage.untouched(drill.others)
    judged(findings, drill.evidence, where=f"IPv{family}")


@pytest.mark.check("FO-04")
@pytest.mark.parametrize("kind", ["carrier", "silence"])
def test_both_families_are_out_for_about_as_long(failover, kind, targets, judged):
    findings = ()
    for isp in ISPS:
        drill = failover.drill(kind, isp)
        worst = {family: outage.worst([drill.out], family) for family in FAMILIES}
        findings += outage.alike(worst, drill.fault, targets["failover_between_families_ms"])
    judged(findings, where=kind)


@pytest.mark.check("FO-13")
def test_after_fail_back_the_estate_is_as_before(failover, lab, history, targets, judged):
    drills = [failover.drill(kind, isp) for kind in ("carrier", "silence") for isp in ISPS]
    findings = ()
    for drill in drills:
        findings += came_back(drill, targets["failback_ms"])
    stable = targets["failback_stable_s"]
    with SessionWatch(history, [lab.node(name) for name in ("edge1", "edge2")]) as watch:
        began = time.monotonic()
        findings += failover.left_over()
        hold(max(0.0, began + stable - time.monotonic()))
    changed = [f"{each.router} session with {each.peer}: {each.state}" for each in watch.changes]
    judged(findings + outage.steady(changed, stable), tuple(each for drill in drills for each in drill.evidence))
