"""What counts as an end of somebody's network, and what FRR says is still to come."""

from __future__ import annotations

import pytest

from harness.lab.conditions.unplanned import enabled, unestablished
from harness.lab.ends import Held, LinkEnd, is_global, shared
from harness.plan.model import Family
from harness.probe.kernel import AddressState


def address(device: str, text: str, length: int = 64) -> AddressState:
    family: Family = 6 if ":" in text else 4
    return AddressState(device, family, text, length, (), None, None)


def held(*addresses: AddressState, forwards: bool = False, routes: bool = False) -> Held:
    return Held("n", addresses, frozenset({"lo"}), frozenset({4, 6} if forwards else ()), routes)


def test_the_end_is_the_loopback_else_the_address_of_a_host() -> None:
    one, two, inner = (
        address("eth1", "2001:db8:1::1"),
        address("eth2", "2001:db8:2::1"),
        address("lo", "2001:db8::1", 128),
    )
    assert held(one, inner, routes=True).end(6) == "2001:db8::1"
    assert held(one).end(6) == "2001:db8:1::1"
    assert held(one, forwards=True).end(6) == "2001:db8:1::1", "a container may forward by inheritance"
    assert held(one, two).end(6) == "2001:db8:1::1", "two uplinks make no router"
    assert held(one, two, forwards=True).end(6) is None
    assert held(one, routes=True).end(6) is None
    assert held(one).end(4) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10.0.0.1", True), ("fd00::1", True), ("169.254.1.1", False), ("fe80::1", False), ("::1", False)],
)
def test_private_addresses_are_known_beyond_their_link_and_link_local_ones_not(text: str, expected: bool) -> None:
    assert is_global(text) is expected


def test_a_link_shares_the_families_in_which_both_ends_are_in_one_network() -> None:
    def end(*found: AddressState) -> LinkEnd:
        return LinkEnd(held(), "eth1", {each.family: each for each in found})

    one = end(address("eth1", "10.0.0.1", 30), address("eth1", "2001:db8::1"))
    assert shared((one, end(address("eth1", "10.0.0.2", 30), address("eth1", "2001:db8::2")))) == {4, 6}
    assert shared((one, end(address("eth1", "10.0.0.5", 30), address("eth1", "2001:db8::2")))) == {6}
    assert shared((one, end())) == frozenset()


def test_the_daemons_that_are_switched_on_are_read_as_frr_reads_them() -> None:
    assert enabled("# zebra=yes\nbgpd=yes\nospfd=no\nospf6d='yes'\nvtysh_enable=yes\nbgpd_options=\"-A ::1\"\n") == (
        "bgpd",
        "ospf6d",
    )


def test_sessions_that_are_to_come_up_are_named() -> None:
    neighbours = {
        "192.0.2.1": {"bgpState": "Established"},
        "192.0.2.2": {"bgpState": "Active"},
        "192.0.2.3": {"bgpState": "Idle", "adminShutDown": True},
        "vrfId": 0,
    }
    assert unestablished(neighbours) == ["192.0.2.2"]
