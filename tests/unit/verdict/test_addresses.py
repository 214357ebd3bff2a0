from ipaddress import IPv6Interface, IPv6Network

from harness.verdict import addresses
from harness.verdict.addresses import Held, Planned

GLOBAL = IPv6Interface("3fff:d40:1:10::31/64")
LOCAL = Held(IPv6Interface("fe80::1/64"))


def planned(held, address=GLOBAL, detection=(1, 1)):
    return Planned("portal", "eth1", address, IPv6Network("3fff:d40:1:10::/64"), tuple(held), detection)


def test_a_clean_interface_has_nothing_found():
    assert not addresses.clean([planned([LOCAL, Held(GLOBAL)]), planned([LOCAL, Held(GLOBAL)], address=None)])


def test_a_missing_address_is_found_static_or_not():
    assert addresses.clean([planned([LOCAL])])[0].expected == str(GLOBAL)
    assert addresses.clean([planned([LOCAL], address=None)])


def test_a_failed_detection_is_found():
    assert "dadfailed" in addresses.clean([planned([LOCAL, Held(GLOBAL, ("dadfailed",))])])[0].what


def test_two_link_local_addresses_are_one_too_many():
    assert addresses.clean([planned([LOCAL, Held(IPv6Interface("fe80::2/64")), Held(GLOBAL)])])


def test_detection_that_is_off_is_found():
    assert len(addresses.clean([planned([LOCAL, Held(GLOBAL)], detection=(0, None))])) == 2


def test_only_a_virtual_address_may_be_on_two_nodes():
    owners = {"fw1": [GLOBAL], "fw2": [GLOBAL]}
    assert addresses.unique(owners, frozenset())
    assert not addresses.unique(owners, frozenset({str(GLOBAL.ip)}))


def test_a_router_forwards_and_hears_no_advertisement():
    assert not addresses.forwards("fw1", "1", {"dmz": "0"})
    assert len(addresses.forwards("fw1", "0", {"dmz": "2"})) == 2


def test_a_server_is_a_host_with_one_default_route():
    assert not addresses.stays_host("portal", "0", "0", "0", 1)
    assert len(addresses.stays_host("portal", "1", "1", "1", 2)) == 4


def test_a_client_has_its_address_and_its_way_out_in_time():
    assert not addresses.relearned("pc", {"an address": 2.1, "a default": 5.0}, 5)
    found = addresses.relearned("pc", {"an address": 5.4, "a default": None}, 5)
    assert [each.what for each in found] == ["an address after 5.4 s", "a default not at all"]
