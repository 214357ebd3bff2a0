"""The kernel's own verdicts: a Unix socket takes the same programs, and needs no privilege."""

import socket

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

from harness.probe.packet_filter import SHORT, Program, short, tcp_ports, unique_local
from harness.probe.tap import attach

LINK = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
"""Both given: else scapy would ask the network for them."""


def passes(program: Program, frame: object) -> bool:
    data = bytes(frame)  # type: ignore[call-overload]
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with near, far:
        attach(far, program)
        far.setblocking(False)
        try:
            near.send(data)
            return far.recv(65536) == data
        except (BlockingIOError, PermissionError):  # a Unix socket tells the sender what its filter dropped
            return False


def six(**options: object) -> object:
    return LINK / IPv6(src="3fff::1", dst="3fff::2", **options)


def four(**options: object) -> object:
    return LINK / IP(src="192.0.2.1", dst="192.0.2.2", **options)


@pytest.mark.parametrize(("length", "ok"), [(60, True), (SHORT, True), (SHORT + 1, False), (9000, False)])
def test_short_is_up_to_a_length(length: int, ok: bool) -> None:
    assert passes(short(), bytes(length)) is ok


@pytest.mark.parametrize("port", [179, 5432])
def test_tcp_of_a_port_passes_in_both_families_and_ways(port: int) -> None:
    program = tcp_ports(179, 5432)
    for head in (six(), four(), four(options=[b"\x01\x01\x01\x00"])):
        assert passes(program, head / TCP(sport=port, dport=40000))  # type: ignore[operator]
        assert passes(program, head / TCP(sport=40000, dport=port, options=[(19, bytes(16))]) / Raw(bytes(4000)))  # type: ignore[operator]
        assert not passes(program, head / TCP(sport=443, dport=40000))  # type: ignore[operator]
        assert not passes(program, head / UDP(sport=port, dport=port))  # type: ignore[operator]
    assert not passes(program, LINK / ARP())
    assert not passes(program, bytes(13))


@pytest.mark.parametrize("address", ["fc00::1", "fd12:3456::1"])
def test_unique_local_addresses_pass_at_either_end(address: str) -> None:
    program = unique_local()
    assert passes(program, LINK / IPv6(src=address, dst="3fff::1") / UDP())
    assert passes(program, LINK / IPv6(src="3fff::1", dst=address) / TCP())
    assert not passes(program, six() / UDP())  # type: ignore[operator]
    assert not passes(program, LINK / IPv6(src="fe80::1", dst="ff02::1") / UDP())
    assert not passes(program, four() / UDP())  # type: ignore[operator]
