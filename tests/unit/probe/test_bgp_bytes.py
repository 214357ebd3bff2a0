import pytest

from harness.probe import bgp_message as bgp
from harness.probe.tcp_segment import TcpSegment, parse

SIGNED = bytes([19, 18]) + bytes(16) + bytes(2)


def test_an_open_says_its_as_hold_time_and_family():
    found, rest = bgp.split(bgp.open_message(65540, 9, "192.0.2.1", 6))
    assert found == [
        (bgp.OPEN, bytes.fromhex("04 5ba0 0009 c0000201 12 02 10 0104 0002 00 01 4104 00010004 4002 0000"))
    ]
    assert rest == b""


@pytest.mark.parametrize(
    ("family", "prefix", "hop"), [(4, "192.31.196.0/24", "192.0.2.1"), (6, "2001:4:112::/48", "2001:db8::1")]
)
def test_what_is_announced_is_heard(family, prefix, hop):
    ((kind, body),), _ = bgp.split(bgp.announcement(family, prefix, 65540, hop))
    assert (kind, bgp.heard(body)) == (bgp.UPDATE, ({prefix}, set()))


def test_withdrawals_are_heard_in_both_families():
    four = bytes.fromhex("0004 18 c01fc4 0000")
    six = bytes.fromhex("0000 000d 80 0f 0a 0002 01 30 200100040112")
    assert bgp.heard(four) == (set(), {"192.31.196.0/24"})
    assert bgp.heard(six) == (set(), {"2001:4:112::/48"})


def test_the_end_of_a_table_is_known_in_both_families_and_nothing_else_is_taken_for_it():
    assert bgp.is_end_of_rib(bytes(4))
    assert bgp.is_end_of_rib(bytes.fromhex("0000 0006 80 0f 03 0002 01"))
    ((_, body),), _ = bgp.split(bgp.announcement(6, "2001:4:112::/48", 65540, "2001:db8::1"))
    assert not bgp.is_end_of_rib(body)
    assert not bgp.is_end_of_rib(bytes.fromhex("0000 000d 80 0f 0a 0002 01 30 200100040112"))


def test_a_stream_is_cut_into_messages_and_a_stranger_is_refused():
    data = bgp.message(bgp.KEEPALIVE) * 2
    assert bgp.split(data[:-1]) == ([(bgp.KEEPALIVE, b"")], data[:18])
    with pytest.raises(ValueError, match="does not speak BGP"):
        bgp.split(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")


def test_an_update_that_is_cut_off_is_refused():
    with pytest.raises(ValueError, match="cut off"):
        bgp.heard(bytes.fromhex("0000 0010 40"))


def tcp(options):
    head = (179).to_bytes(2, "big") + (40000).to_bytes(2, "big") + bytes(8)
    return head + bytes([(5 + len(options) // 4) << 4, 0x10]) + bytes(6) + options


def test_a_segment_is_read_with_its_ttl_and_signature_in_both_families():
    four = bytes([0x45]) + bytes(7) + bytes([255, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2])
    six = bytes([0x60]) + bytes(5) + bytes([6, 64]) + bytes(15) + b"\x01" + bytes(15) + b"\x02"
    assert parse(bytes(12) + b"\x08\x00" + four + tcp(SIGNED)) == TcpSegment(
        "192.0.2.1", "192.0.2.2", (179, 40000), 255, True
    )
    assert parse(bytes(12) + b"\x86\xdd" + six + tcp(b"")) == TcpSegment("::1", "::2", (179, 40000), 64, False)


def test_other_frames_are_no_segments():
    assert parse(b"") is None
    assert parse(bytes(12) + b"\x08\x06" + bytes(60)) is None
