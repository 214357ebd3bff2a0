from collections import Counter

import pytest
from border_sessions import BGP_PORT, ends, established, planned, ports, segments, state
from flood import calm, rounds, trip_all
from injected import borders, require, tell, until_as_before
from injected import state as as_it_is
from stranger import strangers, with_policy

from harness.errors import CannotMeasure, LabFailed
from harness.plan.model import FAMILIES
from harness.probe.capture import Capture
from harness.probe.packet_filter import tcp_ports
from harness.probe.session_watch import SessionWatch
from harness.verdict import border as judge
from harness.verdict.bgp import NAMES
from harness.wait import Condition, Deadline, until

SECONDS = 15.0
"""A session that is left alone again has that long to come back: some tries of a second each."""


def evidence(history, kind="probe.frr"):
    return tuple(event.reference for event in history.events(kind)[-4:])


@pytest.fixture(scope="module")
def isps(lab, plan):
    """The links to ISPs, and the sessions over them, all up: what is down already protects nothing and shows nothing."""
    found = borders(plan, lab)
    sessions = [each for each in planned(plan, lab) if each.other in {border.isp for border in found}]
    if down := [f"{each.router} neighbour {each.peer}" for each in sessions if state(lab, each) != judge.ESTABLISHED]:
        raise CannotMeasure(f"not Established before anything is done: {', '.join(down)}")
    return found, sessions


@pytest.mark.disturbs
@pytest.mark.check("BGP-05")
def test_a_new_neighbour_without_a_policy_gives_and_gets_nothing(lab, history, plan, targets, judged):
    findings = ()
    with strangers(lab, history, plan, borders(plan, lab)) as found:

        def passed():
            return None if all(each.imported() and each.exported() for each in found) else "not all has passed"

        until([Condition("all that could pass", passed)], Deadline.after(targets["leak_hold_s"]))
        for each in found:
            findings += judge.safety_net(each.where, each.imported(history), each.exported())
        if not findings:
            with_policy(lab, history, plan, found)
    judged(findings, evidence(history) + evidence(history, "probe.bgp"))


def limit_of(end):
    """The limit of prefixes in the family of a session's transport, if there is one."""
    return end.seen["addressFamilyInfo"].get(NAMES[end.family], {}).get("prefixAllowedMax")


@pytest.mark.disturbs
@pytest.mark.check("BGP-06")
def test_a_session_above_its_limit_ends_and_no_other_notices(lab, history, plan, isps, targets, judged):
    found, sessions = isps
    most, warning = targets["max_prefix_idle_s"], targets["max_prefix_warning_percent"]
    of = {(each.router, each.other, each.family): each for each in sessions}
    seen = dict(zip(sessions, ends(lab, history, sessions), strict=True))
    findings, before = (), as_it_is(lab, plan, found)
    with calm(lab, history, found), SessionWatch(history, [lab.node(each.edge) for each in found]) as watch:
        for planned_round in rounds(found, FAMILIES):
            places, beside = [], {(each.router, each.peer) for each in sessions}
            for border, family in planned_round:
                session = of.get((border.edge, border.isp, family))
                limit = session and limit_of(seen[session])
                if limit:
                    places.append((border, family, limit))
                    beside.discard((session.router, session.peer))
                elif session:
                    findings += judge.limits([seen[session]], warning)
            tripped = trip_all(lab, history, plan, places, watch, beside, most)
            findings += sum((judge.tripped(each, most, warning) for each in tripped), ())
    until_as_before(lab, plan, found, before)
    judged(findings, evidence(history))


FARTHER = judge.GTSM - 1
"""What packets arrive with that have passed one router, or pretend that they have."""


PROTECTION = ("password", "ttl-security", "ebgp-multihop")


def protection_of(config, border, peer):
    """An ISP's lines about how a session is protected. Raises if there is no key among them."""
    found = [
        each.strip()
        for each in config.splitlines()
        if any(each.strip().startswith(f"neighbor {peer} {word}") for word in PROTECTION)
    ]
    if not any("password" in each for each in found):
        raise CannotMeasure(f"{border.isp} has no key for {peer}, so a wrong one shows nothing")
    return found


class Impostors:
    """All ISPs' ends of the sessions, changed together: each answers to its own line, as a stranger on the way would."""

    def __init__(self, lab, history, found, sessions):
        self.lab, self.history, self.sessions = lab, history, sessions
        self.peers = {border: [each.own for each in sessions if each.other == border.isp] for border in found}
        self.before = self.configs()
        self.own = {
            peer: protection_of(self.before[border.isp], border, peer)
            for border in found
            for peer in self.peers[border]
        }

    def configs(self):
        return {each.isp: self.lab.exec(each.isp, "vtysh", "-c", "show running-config").out for each in self.peers}

    def become(self, *lines):
        """``{peer}`` stands for each neighbour."""
        self._tell(lambda peer: [line.format(peer=peer) for line in lines])

    def _tell(self, lines_of):
        for border, peers in self.peers.items():
            told = [line for peer in peers for line in lines_of(peer)]
            if said := tell(self.lab, self.history, border.isp, [f"router bgp {border.number}", *told]):
                raise CannotMeasure(f"{border.isp} cannot be made to send otherwise: {said}")
        for each in self.sessions:  # else a router that has failed often tries again after a minute
            self.lab.exec(each.other, "vtysh", "-c", f"clear bgp {each.own}")
            self.lab.exec(each.router, "vtysh", "-c", f"clear bgp {each.peer}")

    def themselves(self):
        """What they were, and the sessions up. Raises ``LabFailed`` if not."""
        self._tell(lambda peer: [f"no neighbor {peer} ebgp-multihop", *self.own[peer]])
        same = Condition("ISPs", lambda: None if self.configs() == self.before else "not configured as before")
        up = [established(self.lab, each) for each in self.sessions]
        if left := until([same, *up], Deadline.after(SECONDS)).pending:
            raise LabFailed("; ".join(f"{name}: {why}" for name, why in left))

    def tries(self, seconds, marked):
        """Watch the sessions until each is up, or ``seconds`` after every ISP has been heard to send what is
        ``marked``: session → the states it was seen in. Raises if an ISP does not even try."""
        states = {each: Counter() for each in self.sessions}
        with Capture(self.history, ports(self.lab, self.sessions), passes=tcp_ports(BGP_PORT)) as capture:

            def try_of(session):
                def unmet():
                    sent = [each for each in segments(capture.packets(), session) if each.source == session.peer]
                    return None if any(map(marked, sent)) else f"{session.other} has not tried"

                return Condition(f"{session.other} to {session.own}", unmet)

            def is_up(session):
                def unmet():
                    states[session][state(self.lab, session)] += 1
                    return None if states[session][judge.ESTABLISHED] else "not Established"

                return Condition(f"{session.router} neighbour {session.peer}", unmet)

            tried = until(list(map(try_of, self.sessions)), Deadline.after(SECONDS)).pending
            until(list(map(is_up, self.sessions)), Deadline.after(seconds))
        if tried:
            raise CannotMeasure("; ".join(f"{name}: {why}" for name, why in tried))
        return states


def never(states, what):
    return sum((judge.refused(f"{each.router} neighbour {each.peer}", what, seen) for each, seen in states.items()), ())


@pytest.mark.disturbs
@pytest.mark.check("BGP-07")
def test_no_session_comes_up_from_farther_off_or_with_a_wrong_key(lab, history, isps, targets, judged):
    impostors, hold = Impostors(lab, history, *isps), targets["session_refused_s"]
    try:
        impostors.become("no neighbor {peer} ttl-security hops 1", f"neighbor {{peer}} ebgp-multihop {FARTHER}")
        farther = impostors.tries(hold, lambda each: each.ttl == FARTHER)
        impostors.become(f"neighbor {{peer}} ebgp-multihop {judge.GTSM}")
        require("a session with the highest TTL", [established(lab, each) for each in impostors.sessions])
        impostors.become("neighbor {peer} password not-the-key")
        unknown = impostors.tries(hold, lambda each: each.signed)
    finally:
        impostors.themselves()
    judged(never(farther, f"TTL {FARTHER}") + never(unknown, "a wrong key"), evidence(history, "probe.capture"))
