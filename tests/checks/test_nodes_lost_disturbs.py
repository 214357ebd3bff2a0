"""Routers, district links and servers of names are lost: the drills of ``configs/drills`` as checks."""

import pytest
from failover import Failover, came_back, drill_file

from harness.drill import name_loss
from harness.verdict import outage

pytestmark = pytest.mark.disturbs


@pytest.fixture(scope="module")
def failover(lab, history, plan):
    return Failover(lab, history, plan)


@pytest.mark.check("FO-05")
@pytest.mark.parametrize("name", ["F05", "F09", pytest.param("F05-freeze", marks=pytest.mark.long)])
def test_a_border_router_that_dies_hangs_or_is_cut_off_is_survived(failover, name, targets, judged):
    drill = failover.filed(name)
    findings = outage.recovered(drill.out, targets["failover_silence_ms"])
    # The way back is OSPF's: external routes come a second after the others.
    findings += came_back(drill, targets["failover_igp_ms"])
    judged(findings, drill.evidence, where=name)


@pytest.mark.check("FO-09")
def test_a_district_goes_on_by_its_second_link(failover, targets, judged):
    drill = failover.filed("F11")
    findings = outage.recovered(drill.out, targets["failover_igp_ms"])
    findings += came_back(drill, targets["failover_igp_ms"])
    judged(findings, drill.evidence)


@pytest.mark.check("FO-10")
@pytest.mark.parametrize("number", [0, 1, 2], ids=["name-server", "resolver-port", "resolver-address"])
def test_names_are_found_when_a_server_is_lost(lab, plan, history, number, targets, judged):
    loss = drill_file(plan, "F12").losses[number]
    done = name_loss.run(lab, plan, history, loss)
    judged(done.findings(targets[loss.most]), where=loss.name)
