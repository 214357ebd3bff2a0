import pytest
from border_sessions import BGP_PORT, connection, ends, planned, ports, segments

from harness.probe.capture import Capture
from harness.probe.packet_filter import tcp_ports
from harness.verdict import border
from harness.wait import Condition, Deadline, until

QUIET_SECONDS = 4.0
"""Both ends say something every three seconds (the plan's keepalive), with a little for a busy machine."""


@pytest.fixture(scope="module")
def sessions(plan, lab):
    return planned(plan, lab)


@pytest.mark.check("BGP-06")
def test_every_session_has_a_limit_of_prefixes_in_its_family(lab, history, sessions, targets, judged):
    findings = border.limits(ends(lab, history, sessions), targets["max_prefix_warning_percent"])
    judged(findings, tuple(event.reference for event in history.events("probe.frr")[-3:]))


@pytest.mark.waits
@pytest.mark.check("BGP-07")
def test_what_both_ends_of_a_session_send_is_signed_and_has_the_highest_ttl(lab, history, sessions, judged):
    connections = {each: connection(lab, each) for each in sessions}

    def passed(session):
        return list(segments(capture.packets(), session, connections[session]))

    with Capture(history, ports(lab, sessions), passes=tcp_ports(BGP_PORT)) as capture:

        def silent(session):
            return None if len({each.source for each in passed(session)}) == 2 else "an end has not said anything yet"

        heard = [Condition(f"{each.router} and {each.peer}", lambda each=each: silent(each)) for each in sessions]
        until(heard, Deadline.after(QUIET_SECONDS))
    findings = ()
    for each in sessions:
        where = f"{each.router} neighbour {each.peer}"
        findings += border.protected(where, passed(each), (each.own, each.peer))
    judged(findings, tuple(event.reference for event in history.events("probe.capture")[-1:]))
