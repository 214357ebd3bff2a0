"""Echoes and ICMP errors as bytes: what was asked, who answered, why not."""

from __future__ import annotations

import errno
import socket
import struct

import pytest

from harness.history.seen import Family
from harness.probe.icmp_errors import IcmpError, LocalError, parse_ancillary, parse_icmp_error
from harness.probe.icmp_socket import icmp6_filter
from harness.probe.icmp_wire import checksum, echo_of_inner, echo_of_reply, echo_request, strip_ipv4, transport_of_inner

IPV4_HEADER = bytes.fromhex("4500003c000040003f0100000a0001020a000202")
IPV6_HEADER = bytes.fromhex("6000000000083a40") + bytes(32)
QUEUED_V4 = (0, 11, bytes.fromhex("71000000020301000000000000000000020000000a0001010000000000000000"))
QUEUED_V6 = (
    41,
    25,
    bytes.fromhex("650000000301000000000000000000000a000000000000003fff000100000000000000000000000100000000"),
)


def test_an_ipv4_echo_has_a_correct_checksum() -> None:
    message = echo_request(4, 0x1234, 7, 57)
    assert checksum(message) == 0
    assert len(message) == 8 + 57


@pytest.mark.parametrize("family", [4, 6])
def test_a_reply_is_known_by_identifier_and_sequence(family: Family) -> None:
    request = echo_request(family, 0x1234, 7, 8)
    reply = bytes([{4: 0, 6: 129}[family]]) + request[1:]
    assert echo_of_reply(family, reply) == (0x1234, 7)
    assert echo_of_reply(family, request) is None
    assert echo_of_reply(family, reply[:7]) is None


def test_an_ipv4_packet_gives_its_message_and_its_time_to_live() -> None:
    assert strip_ipv4(IPV4_HEADER + b"abc") == (b"abc", 63)


def test_an_error_says_which_echo_it_is_about() -> None:
    inner = IPV4_HEADER + echo_request(4, 9, 3, 0)
    error = parse_icmp_error(4, "10.0.1.1", struct.pack("!BBHHH", 3, 4, 0, 0, 1400) + inner)
    assert error
    assert (error.reason, error.mtu, error.by) == ("packet too big", 1400, "10.0.1.1")
    assert echo_of_inner(4, error.inner) == (9, 3)


def test_an_ipv6_error_also_about_a_fragment() -> None:
    fragment = bytes.fromhex("6000000000102c40") + bytes(32) + bytes([58]) + bytes(7) + echo_request(6, 9, 3, 0)
    error = parse_icmp_error(6, "3fff::1", struct.pack("!BBHI", 2, 0, 0, 1280) + fragment)
    assert error
    assert (error.mtu, echo_of_inner(6, error.inner)) == (1280, (9, 3))
    assert echo_of_inner(6, IPV6_HEADER + echo_request(6, 1, 2, 0)) == (1, 2)


def test_what_is_no_error_or_is_cut_off_is_none() -> None:
    assert parse_icmp_error(4, "x", echo_request(4, 1, 1, 8)) is None
    assert parse_icmp_error(6, "x", b"\x01\x00") is None
    assert echo_of_inner(4, IPV4_HEADER[:12]) is None
    assert transport_of_inner(4, IPV4_HEADER, 17) is None


def test_the_error_queue_says_who_and_why() -> None:
    v4, v6 = parse_ancillary([QUEUED_V4]), parse_ancillary([QUEUED_V6])
    assert isinstance(v4, IcmpError)
    assert isinstance(v6, IcmpError)
    assert (v4.by, v4.reason) == ("10.0.1.1", "host unreachable")
    assert (v6.by, v6.reason) == ("3fff:1::1", "no route")
    assert parse_ancillary([(socket.SOL_SOCKET, 2, b"")]) is None


def test_a_local_error_is_the_nodes_own() -> None:
    data = struct.pack("=IBBBxII", errno.EMSGSIZE, 1, 0, 0, 1400, 0)
    error = parse_ancillary([(0, 11, data)])
    assert error == LocalError(errno.EMSGSIZE, 1400)
    assert error.data["errno"] == "EMSGSIZE"


def test_an_unknown_code_is_shown_as_a_number() -> None:
    assert IcmpError(6, "x", 1, 77).reason == "destination unreachable, code 77"


def test_the_icmpv6_filter_passes_replies_and_errors_only() -> None:
    words = struct.unpack("=8I", icmp6_filter())
    passed = [kind for kind in range(256) if not words[kind >> 5] & 1 << (kind & 31)]
    assert passed == [1, 2, 3, 4, 129]
