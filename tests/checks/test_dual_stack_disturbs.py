from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import pytest

from harness.errors import CannotMeasure
from harness.plan import derive
from harness.probe.interface_watch import InterfaceWatch
from harness.probe.kernel import AddressState, LinkState, RouteState
from harness.probe.route import EVERYWHERE
from harness.verdict import addresses
from harness.wait import Deadline

CARRIER_SECONDS = 5.0
SLACK_SECONDS = 1.0
"""Beyond the target, so that *late* can be told from *not at all*."""
DEVICE = "eth1"


def clients(plan, lab):
    """One client that forms its own address in a LAN of each kind of the province: client → LAN."""
    found = {}
    for lan in plan.lans.values():
        client = next((host for host, number in lan.hosts.items() if number is None), None)
        forms = lan.ra in ("slaac", "stateless") and 6 in derive.families(plan, lan, lab.stage)
        if client and forms and derive.is_own(plan, lan.site):
            found.setdefault(lan.kind, (client, lan))
    if not found:
        raise CannotMeasure("no LAN has clients that form their addresses at this stage")
    return list(found.values())


def usable(lan):
    def is_it(change):
        state = change.state
        return (
            isinstance(state, AddressState)
            and not change.gone
            and state.device == DEVICE
            and ip_address(state.address) in lan.networks[6]
            and not {"tentative", "dadfailed"} & set(state.flags)
        )

    return is_it


def default(change):
    state = change.state
    return (
        isinstance(state, RouteState)
        and not change.gone
        and state.destination == EVERYWHERE[6]
        and any(hop.gateway.startswith("fe80:") and hop.device == DEVICE for hop in state.next_hops)
    )


def link(carrier):
    def is_it(change):
        state = change.state
        return isinstance(state, LinkState) and state.device == DEVICE and (state.up and state.carrier) == carrier

    return is_it


def replug(lab, history, name, lan, most):
    """Take a client's link down and up; what came back, and how many seconds after the carrier."""
    with InterfaceWatch(history, lab.node(name)) as watch:
        lab.exec(name, "ip", "link", "set", DEVICE, "down")
        down = watch.until(link(False), Deadline.after(CARRIER_SECONDS))
        lab.exec(name, "ip", "link", "set", DEVICE, "up")
        up = watch.until(link(True), Deadline.after(CARRIER_SECONDS), down.at) if down else None
        if up is None:
            raise CannotMeasure(f"the link of {name} does not go down and come up")
        deadline = Deadline.after(most + SLACK_SECONDS)
        wanted = {f"a usable address in {lan.networks[6]}": usable(lan), "a default route by fe80::": default}
        came = {what: watch.until(test, deadline, up.at) for what, test in wanted.items()}
    return {what: None if each is None else each.at - up.at for what, each in came.items()}


@pytest.mark.disturbs
@pytest.mark.check("DS-03")
def test_a_client_that_is_plugged_in_is_soon_usable(lab, history, plan, targets, judged):
    most = targets["slaac_s"]
    asked = clients(plan, lab)
    with ThreadPoolExecutor(len(asked)) as pool:
        found = list(pool.map(lambda each: replug(lab, history, *each, most), asked))
    findings = ()
    for (name, _), after in zip(asked, found, strict=True):
        findings += addresses.relearned(name, after, most)
    judged(findings, tuple(event.reference for event in history.events("probe.interface")[-len(asked) :]))
