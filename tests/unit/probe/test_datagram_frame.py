import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from harness.probe.datagram_frame import datagram

MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02")


@pytest.mark.parametrize(
    "head", [IPv6(src="::", dst="fc00::1"), IP(src="127.0.0.1", dst="10.0.0.1", id=0)], ids=["IPv6", "IPv4"]
)
def test_a_datagram_is_what_scapy_makes_of_it(head):
    told = Ether(src=MACS[0], dst=MACS[1]) / head / UDP(sport=68, dport=53) / Raw(b"a mark in it")
    assert datagram(MACS, head.src, head.dst, (68, 53), b"a mark in it") == bytes(told)
