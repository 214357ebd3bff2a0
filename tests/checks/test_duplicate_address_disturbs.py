import subprocess
import time

import pytest

from harness.errors import CannotMeasure, LabFailed
from harness.plan import derive
from harness.probe import route
from harness.probe.icmp import PLAIN, echo_many
from harness.probe.interface_watch import InterfaceWatch
from harness.probe.kernel import AddressState
from harness.probe.namespace import inside
from harness.probe.side_by_side import side_by_side
from harness.verdict import dhcp6 as judge
from harness.wait import Condition, Deadline, until

ECHOES = 100
APART_SECONDS = 0.02
ECHO_SECONDS = 1.0
GONE_SECONDS = 5.0
DEVICE = "eth1"


def pairs(plan, lab):
    """LAN by LAN: (an address in use, who has it, another host of the LAN, who asks the owner for echoes).

    In a LAN of servers the gateway asks one of them. A LAN of clients has one host here, which is given the gateway's
    address; who is left to ask is farther off, and sees only that the gateway itself goes on with it.
    """
    for lan in plan.lans.values():
        if not derive.is_own(plan, lan.site) or 6 not in derive.families(plan, lan, lab.stage):
            continue
        up = [
            each
            for each in lan.hosts
            if lab.node(each).state == "running" and 6 in derive.host_families(plan, lan, each, lab.stage)
        ]
        gateway, number = next(iter(lan.gateways.items()))
        static = [each for each in up if lan.hosts[each] is not None]
        if len(static) > 1:
            address = derive.host_address(lan.networks[6], lan.hosts[static[0]])
            yield str(address), static[0], static[1], gateway
        elif up and up[0] not in static:
            yield str(derive.host_address(lan.networks[6], number)), gateway, up[0], beyond(plan, lab, gateway)


def beyond(plan, lab, router):
    """A router on the other side of one."""
    return next(
        each.peer for each in derive.ports(plan, router, lab.stage) if each.kind == "link" and 6 in each.families
    )


def command(node, *argv):
    """Run a command in a node's network as root: servers may not change their own addresses."""
    with inside(node):
        done = subprocess.run(["ip", *argv], capture_output=True, text=True)
    if done.returncode:
        raise CannotMeasure(f"{node.name}: ip {' '.join(argv)}: {done.stderr.strip()}")


def is_it(address, *, failed):
    def wanted(change):
        state = change.state
        if not isinstance(state, AddressState) or change.gone or state.address != address:
            return False
        flags = set(state.flags)
        return "dadfailed" in flags if failed else not flags & {"tentative", "dadfailed"}

    return wanted


def held(node, address):
    return any(each.address == address for each in route.addresses(None, node, 6))


def doubled(lab, history, pair, most):
    """Give an address to a second host, and see what both make of it, for as long as the echoes take."""
    address, owner, second, asker = pair
    node, length = lab.node(second), 64
    if held(node, address):
        raise CannotMeasure(f"{second} has {address} already")
    ask = [(lab.node(asker), 6, address, PLAIN)]
    if echo_many(history, ask)[0].answer != "reply":
        raise CannotMeasure(f"{owner} does not answer {asker} at {address} before anything is done")
    sent = lost = 0
    try:
        with InterfaceWatch(history, node) as watch:
            began = time.monotonic()
            command(node, "address", "add", f"{address}/{length}", "dev", DEVICE)
            while sent < ECHOES or time.monotonic() < began + most:
                watch.until(lambda _: False, Deadline.after(APART_SECONDS))
                sent += 1
                lost += echo_many(history, ask, ECHO_SECONDS, 2 * ECHO_SECONDS)[0].answer != "reply"
            now = Deadline.after(0)
            failed = watch.until(is_it(address, failed=True), now, began)
            used = watch.until(is_it(address, failed=False), now, began)
    finally:
        if held(node, address):
            command(node, "address", "delete", f"{address}/{length}", "dev", DEVICE)
        gone = Condition(second, lambda: f"still has {address}" if held(node, address) else None)
        if left := until([gone], Deadline.after(GONE_SECONDS)).pending:
            raise LabFailed("; ".join(f"{name} {why}" for name, why in left))
    return judge.Doubled(address, owner, second, failed and failed.at - began, used is not None, sent, lost)


@pytest.mark.disturbs
@pytest.mark.check("DS-02")
def test_a_second_host_with_an_address_in_use_is_told_and_the_first_does_not_notice(
    lab, history, plan, targets, judged
):
    most = targets["duplicate_s"]
    asked = list(pairs(plan, lab))
    if not asked:
        raise CannotMeasure("no LAN has two hosts with IPv6")
    found = side_by_side(lambda pair: doubled(lab, history, pair, most), asked)
    findings = sum((judge.duplicate(each, most) for each in found), ())
    judged(findings, tuple(event.reference for event in history.events("probe.interface")[-len(asked) :]))
