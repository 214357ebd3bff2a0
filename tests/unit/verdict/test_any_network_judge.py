"""Judges of a network without a plan, fed with what FRR and the kernel say."""

from __future__ import annotations

from typing import Any

from harness.verdict import any_network as judge
from harness.verdict.parity import Question

BOTH = {"advertisedAndReceived": True}
DUAL = {frozenset(("r1", "r2")): {4, 6}}
SPEAKS = {"r1": {4, 6}, "r2": {4, 6}}


def end(
    router: str, peer: str, other: str, families: dict[str, Any], state: str = "Established", **more: Any
) -> judge.End:
    capabilities = {"multiprotocolExtensions": families}
    return judge.End(router, peer, {"bgpState": state, "neighborCapabilities": capabilities, **more}, other)


def pair(four: dict[str, Any], six: dict[str, Any]) -> list[judge.End]:
    return [end("r1", "192.0.2.2", "r2", four), end("r1", "2001:db8::2", "r2", six)]


GOOD = pair({"ipv4Unicast": BOTH}, {"ipv6Unicast": BOTH})
QUIET = pair({"ipv4Unicast": BOTH}, {"ipv4Unicast": BOTH, "ipv6Unicast": {"received": True}})


def test_sessions_that_carry_their_families_are_well() -> None:
    assert judge.established(GOOD) == ()
    assert judge.both_activate(GOOD) == ()
    assert judge.both_families(GOOD, SPEAKS, DUAL) == ()
    assert judge.accepted(GOOD) == ()


def test_a_family_of_one_end_alone_is_found_though_the_session_is_established() -> None:
    assert judge.established(QUIET) == ()
    (finding,) = judge.both_activate(QUIET)
    assert str(finding) == (
        "r1 neighbour 2001:db8::2 (r2): ipv6Unicast is activated at the other end only: no route of it flows "
        "(expected at both ends or none)"
    )


def test_two_routers_with_sessions_over_both_families_exchange_both() -> None:
    both_forgot = pair({"ipv4Unicast": BOTH}, {"ipv4Unicast": BOTH})
    (finding,) = judge.both_families(both_forgot, {}, {})
    assert "no session carries IPv6" in str(finding)


def test_two_routers_that_speak_both_over_a_link_with_both_exchange_both() -> None:
    one = [end("r1", "192.0.2.2", "r2", {"ipv4Unicast": BOTH})]
    assert "no session carries IPv6" in str(judge.both_families(one, SPEAKS, DUAL)[0])
    assert judge.both_families(one, {"r1": {4}, "r2": {4, 6}}, DUAL) == ()
    assert judge.both_families(one, SPEAKS, {frozenset(("r1", "r2")): {4}}) == ()


def test_both_families_over_one_session_are_well() -> None:
    one = [end("r1", "fe80::2", "r2", {"ipv4Unicast": BOTH, "ipv6Unicast": BOTH})]
    assert judge.both_families(one, SPEAKS, DUAL) == ()


def test_a_session_that_is_down_is_named_unless_it_is_meant() -> None:
    down = end("r1", "192.0.2.2", "r2", {}, "Active")
    meant = end("r1", "192.0.2.3", "r3", {}, "Idle", adminShutDown=True)
    assert [str(each) for each in judge.established([down, meant])] == [
        "r1 neighbour 192.0.2.2 (r2): the session is Active (expected Established)"
    ]


def counted(router: str, other: str, local: str, peer: str, family: str, accepted: int, sent: int) -> judge.End:
    info = {family: {"acceptedPrefixCounter": accepted, "sentPrefixCounter": sent}}
    return end(router, peer, other, {family: BOTH}, addressFamilyInfo=info, hostLocal=local, hostForeign=peer)


def test_a_family_that_is_refused_whole_is_found_by_the_other() -> None:
    ends = [
        counted("r1", "r2", "192.0.2.1", "192.0.2.2", "ipv4Unicast", 5, 5),
        counted("r2", "r1", "192.0.2.2", "192.0.2.1", "ipv4Unicast", 5, 5),
        counted("r1", "r2", "2001:db8::1", "2001:db8::2", "ipv6Unicast", 0, 5),
        counted("r2", "r1", "2001:db8::2", "2001:db8::1", "ipv6Unicast", 5, 5),
    ]
    assert [str(each) for each in judge.accepted(ends)] == [
        "r1 neighbour 2001:db8::2 (r2): accepts none of 5 IPv6 prefixes that are sent (expected as in the other)"
    ]


def test_routes_that_are_discarded_for_want_of_a_policy_are_found() -> None:
    lacking = {"ipv6Unicast": {"inboundEbgpRequiresPolicy": "x", "acceptedPrefixCounter": 0}}
    (finding,) = judge.accepted([end("r1", "2001:db8::2", "r2", {"ipv6Unicast": BOTH}, addressFamilyInfo=lacking)])
    assert "IPv6 routes are discarded inbound: no policy" in str(finding)


def rib(hops: str = "2001:db8::2", **more: Any) -> dict[str, Any]:
    nexthops = [{"ip": hops, "interfaceName": "eth1", "fib": True}]
    return {"2001:db8:1::/48": [{"protocol": "bgp", "selected": True, "nexthops": nexthops, **more}]}


def fib(hops: str = "2001:db8::2", metric: int = 20) -> judge.Forwarded:
    return judge.Forwarded(frozenset({f"{hops}%eth1"}), metric, "bgp")


def test_what_is_selected_is_what_the_kernel_forwards_by() -> None:
    assert judge.forwarding("r1", 6, rib(), {"2001:db8:1::/48": [fib()]}) == ()
    assert "not in the kernel's table" in str(judge.forwarding("r1", 6, rib(), {})[0])
    better = [fib(), fib("2001:db8::3", 5)]
    assert "is forwarded to 2001:db8::3%eth1" in str(judge.forwarding("r1", 6, rib(), {"2001:db8:1::/48": better})[0])
    assert "zebra has no such route" in str(judge.forwarding("r1", 6, {}, {"2001:db8:1::/48": [fib()]})[0])


def test_attached_networks_and_discard_routes_are_well() -> None:
    assert judge.forwarding("r1", 6, rib(protocol="connected"), {}) == ()
    discarded = {"::/0": [{"protocol": "static", "selected": True, "nexthops": [{"blackhole": True, "fib": True}]}]}
    assert judge.forwarding("r1", 6, discarded, {"::/0": [judge.Forwarded(frozenset(), 20, "zstatic")]}) == ()


def test_a_link_has_a_family_at_both_ends_or_at_none() -> None:
    assert judge.one_ended([("r1:eth1", {4, 6}), ("r2:eth1", {4, 6})]) == ()
    assert judge.one_ended([("r1:eth1", {4, 6}), ("sw:eth1", set())]) == ()
    assert [str(each) for each in judge.one_ended([("r1:eth1", {4, 6}), ("r2:eth1", {4})])] == [
        "r2:eth1: no IPv6 address (expected one, as r1:eth1 has)"
    ]


def test_what_is_not_reached_is_one_finding_a_source_and_family() -> None:
    matrix = [
        Question("h1", "h2", "echo", {4: "reply", 6: "silence"}, {6: "7"}),
        Question("h1", "h3", "echo", {4: "reply", 6: "silence"}, {6: "8"}),
        Question("h2", "h1", "echo", {4: "reply", 6: "reply"}, {}),
    ]
    (finding,) = judge.unreached(matrix)
    assert str(finding) == "h1: no IPv6 reply from h2, h3 (silence) (expected a reply)"
    assert finding.event == "7"
