from dataclasses import replace

from harness.probe.fading import lasting
from harness.probe.kernel import AddressState, NextHop, RouteState

ADDRESS = AddressState("eth1", 6, "3fff::7", 64, ("dynamic",), 5400, 2700)
LINK = RouteState(6, "3fff::/64", "ra", "unicast", 1002, 254, (NextHop("", "eth1"),))
ROUTER = replace(LINK, destination="::/0", next_hops=(NextHop("fe80::1", "eth1"),))


def test_a_host_with_a_router_uses_its_address_and_its_link():
    assert lasting([ADDRESS], [LINK, ROUTER]) == ((ADDRESS,), (LINK, ROUTER))


def test_a_deprecated_address_and_the_link_that_only_it_is_on_do_not_count():
    old = replace(ADDRESS, flags=("dynamic", "deprecated"))
    assert lasting([old], [LINK, ROUTER]) == ((), (ROUTER,))
    other = replace(ADDRESS, address="3fff::8")
    assert lasting([old, other], [LINK, ROUTER]) == ((other,), (LINK, ROUTER))


def test_a_leased_address_without_a_router_does_not_count_and_a_typed_in_one_does():
    assert lasting([ADDRESS], [LINK]) == ((), ())
    fixed = replace(ADDRESS, flags=("permanent",))
    assert lasting([fixed], []) == ((fixed,), ())


def test_ipv4_is_not_advertised():
    leased = AddressState("eth1", 4, "10.0.0.7", 24, ("dynamic",), 3600, 3600)
    assert lasting([leased], []) == ((leased,), ())
