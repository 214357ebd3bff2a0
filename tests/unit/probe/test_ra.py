"""Router advertisements are read field by field from a recorded frame."""

from __future__ import annotations

import pytest

from harness.probe.ra import Pref64, Prefix, Resolvers, RouteInformation, SearchList, parse

FRAME = bytes.fromhex(
    "33330000000102000000000186dd6000000000b83afffe800000000000000000000000000001ff0200000000000000000000"
    "0000000186001a6e404807080000000000000000010102000000000105010000000005dc030440c00000151800000a8c0000"
    "00003fff000100000000000000000000000019050000000002583fff00000000000000000000000000533fff000000000000"
    "00000000000000541f050000000002580764616b6e6f6e67076578616d706c6500076578616d706c6502766e000000001803"
    "3018000003843fff0009000000000000000000000000260207083fff00640000000000000000"
)
RA_START = 14 + 40
"""Where the ICMPv6 message begins in the frame."""


def changed(offset: int, value: int) -> bytes:
    return FRAME[:offset] + bytes([value]) + FRAME[offset + 1 :]


def test_every_field_that_a_host_acts_on_is_read() -> None:
    ra = parse(FRAME)
    assert ra
    assert (ra.source, ra.destination, ra.source_mac) == ("fe80::1", "ff02::1", "02:00:00:00:00:01")
    assert (ra.hop_limit_of_packet, ra.hop_limit) == (255, 64)
    assert (ra.managed, ra.other, ra.home_agent, ra.preference) == (False, True, False, "high")
    assert (ra.router_lifetime, ra.mtu, ra.link_layer_address) == (1800, 1500, "02:00:00:00:00:01")
    assert ra.prefixes == (Prefix("3fff:1::/64", True, True, 5400, 2700),)
    assert ra.resolvers == (Resolvers(("3fff::53", "3fff::54"), 600),)
    assert ra.search_lists == (SearchList(("daknong.example", "example.vn"), 600),)
    assert ra.routes == (RouteInformation("3fff:9::/48", "low", 900),)
    assert ra.pref64 == (Pref64("3fff:64::/96", 1800),)


@pytest.mark.parametrize(
    ("flags", "managed", "other", "preference"), [(0x80, True, False, "medium"), (0x58, False, True, "low")]
)
def test_the_flags_are_told_apart(flags: int, managed: bool, other: bool, preference: str) -> None:
    ra = parse(changed(RA_START + 5, flags))
    assert ra
    assert (ra.managed, ra.other, ra.preference) == (managed, other, preference)


def test_another_message_or_protocol_is_no_advertisement() -> None:
    assert parse(changed(RA_START, 135)) is None
    assert parse(changed(14 + 6, 17)) is None
    assert parse(changed(12, 0x08)) is None


def test_a_frame_that_is_cut_off_anywhere_is_never_an_exception() -> None:
    read = [parse(FRAME[:length]) for length in range(len(FRAME))]
    assert read[RA_START] is None
    assert read[RA_START + 40]


def test_an_option_of_length_zero_ends_the_options() -> None:
    ra = parse(changed(RA_START + 16 + 1, 0))
    assert ra
    assert ra.prefixes == ()
