"""Planned work on the border to an ISP: what it costs people, and what is left of it afterwards."""

import pytest
from failover import drill_file

from harness.errors import CannotMeasure
from harness.probe.frr import SHORT, frr
from harness.verdict import outage
from harness.verdict import planned_work as judge
from harness.wait import Condition, Deadline, until

pytestmark = pytest.mark.disturbs

DRILL = "F15"
STARTUP = "etc/frr/frr.conf"
SETTLED_SECONDS = 35.0
"""An unkind ISP keeps its news back for 30 s."""


def described(path):
    """Of a path what planned work changes."""
    return f"preference {path.get('locPrf', 'none')}, communities {path.get('community', {}).get('string', 'none')}"


def paths(lab, history, router, neighbours):
    """What a router has learnt from ``neighbours``: (address, family) of each."""
    found = {}
    for peer, family in neighbours:
        command = f"show bgp {SHORT[family]} unicast detail json"
        table = frr(history, lab.node(router), "bgpd", command).get("routes", {})
        for prefix, all_ in table.items():
            for each in all_:
                if each["peer"]["peerId"] == peer:
                    found[judge.Learnt(router, family, prefix, peer)] = described(each)
    if not found:
        raise CannotMeasure(f"{router} has learnt nothing from {', '.join(peer for peer, _ in neighbours)}")
    return found


def standing(lab, history, work):
    sides = {}
    for router, peer, family in work.sessions:
        sides.setdefault(router, []).append((peer, family))
    learnt = {}
    for router, neighbours in sides.items():
        learnt |= paths(lab, history, router, neighbours)
    running = lab.exec(work.router, "vtysh", "-c", "show running-config").out
    return judge.Standing(learnt, running, (lab.node(work.router).root / STARTUP).read_text())


@pytest.fixture(scope="module")
def worked(lab, history, plan):
    """The work, what it came to, and how all stood before and stands after it."""
    drill = drill_file(plan, DRILL)
    work = drill.work(lab, plan)
    before = standing(lab, history, work)
    done = drill.once(lab, plan, history).done
    after = [standing(lab, history, work)]

    def differs():
        after[0] = standing(lab, None, work)
        return "not all as before" if judge.undone(work.router, before, after[0]) else None

    until([Condition("both ends of the sessions", differs)], Deadline.after(SETTLED_SECONDS))
    return work, done, before, after[0]


def evidence(history):
    return tuple(event.reference for event in history.events("drill.configure"))


@pytest.mark.check("OPS-01")
def test_an_isp_is_drained_shut_and_back_and_nobody_notices(history, worked, targets, judged):
    work, done, _, _ = worked
    findings = judge.moved(done.drained is not None, done.returned is not None, work.router)
    findings += outage.recovered(done.whole, targets["planned_work_lost_ms"])
    judged(findings, evidence(history))


@pytest.mark.check("OPS-02")
def test_nothing_of_the_drain_stays(history, worked, judged):
    work, _, before, after = worked
    judged(judge.undone(work.router, before, after), evidence(history))
