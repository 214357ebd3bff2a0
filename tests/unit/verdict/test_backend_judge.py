import pytest

from harness.verdict import backend


@pytest.mark.parametrize("place", ["[::]", "[3fff::31]"])
def test_a_port_that_is_heard_on_all_addresses_or_on_the_hosts_own_is_fine(place):
    assert not backend.listens("db", ["tcp 5432"], [f"tcp6 {place}:5432", "udp any:67"], "3fff:0::31")


@pytest.mark.parametrize("socket", ["tcp [0.0.0.0]:5432", "tcp6 [::1]:5432", "udp6 [::]:5432", "tcp6 [::]:54320"])
def test_a_port_that_is_heard_in_ipv4_on_the_loopback_or_not_at_all_is_found(socket):
    assert backend.listens("db", ["tcp 5432"], [socket], "3fff::31")[0].what == "tcp 5432 is not listened for in IPv6"


def test_a_hop_of_ipv6_alone_is_fine_and_a_packet_of_ipv4_or_none_at_all_is_found():
    assert not backend.over_ipv6("qlvb to qlvb-db", {6: 20, 4: 0})
    assert backend.over_ipv6("qlvb to qlvb-db", {6: 20, 4: 3})[0].what == "3 packets of IPv4"
    assert backend.over_ipv6("qlvb to qlvb-db", {})[0].what == "nothing passed"
