from scapy.layers.inet6 import ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr, IPv6
from scapy.layers.l2 import Ether

from harness.probe import icmp6_frame

MAC, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"


def test_a_solicitation_is_what_scapy_makes_of_it():
    head = Ether(src=MAC, dst="33:33:ff:00:00:11") / IPv6(src="fe80::1", dst="ff02::1:ff00:11", hlim=254)
    told = head / ICMPv6ND_NS(tgt="3fff::11") / ICMPv6NDOptSrcLLAddr(lladdr=MAC)
    assert icmp6_frame.solicitation(MAC, "fe80::1", "3fff::11", 254) == bytes(told)


def test_a_solicitation_of_duplicate_address_detection_has_no_hardware_address():
    head = Ether(src=MAC, dst="33:33:ff:00:00:11") / IPv6(src="::", dst="ff02::1:ff00:11", hlim=255)
    assert icmp6_frame.solicitation(MAC, "::", "3fff::11", 255) == bytes(head / ICMPv6ND_NS(tgt="3fff::11"))


def test_a_message_is_told_from_what_is_none_or_is_cut_off():
    whole = icmp6_frame.frame((MAC, OTHER), "3fff::1", "3fff::2", 255, 138, bytes(20))
    assert icmp6_frame.is_message(whole)
    assert not icmp6_frame.is_message(whole[:70])
    assert not icmp6_frame.is_message(whole[:20] + b"\x11" + whole[21:])
