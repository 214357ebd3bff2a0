import pytest

from harness.errors import CannotMeasure
from harness.probe import dhcp6
from harness.probe.dns_transfer import Key, key_in

IA_NA = bytes.fromhex("0003 0028 00000001 00000000 00000000") + bytes.fromhex("0005 0018") + bytes(24)
RESOLVERS = bytes.fromhex("0017 0020") + bytes(32)


def frame(kind, options, ports=(547, 546)):
    message = bytes([kind]) + b"abc" + options
    datagram = b"".join(each.to_bytes(2, "big") for each in (*ports, len(message) + 8, 0)) + message
    head = bytes([0x60, 0, 0, 0]) + len(datagram).to_bytes(2, "big") + bytes([17, 64]) + bytes(15) + b"\1" + bytes(16)
    return bytes(12) + b"\x86\xdd" + head + datagram


def test_an_offer_of_an_address_and_a_reply_with_resolvers_are_read():
    offer, reply = dhcp6.parse(frame(2, IA_NA)), dhcp6.parse(frame(7, RESOLVERS))
    assert (offer.kind, offer.transaction, offer.addresses, offer.resolvers) == (2, b"abc", 1, 0)
    assert (reply.kind, reply.addresses, reply.resolvers) == (7, 0, 2)


def test_what_is_no_answer_of_a_server_is_none():
    assert dhcp6.parse(b"") is None
    assert dhcp6.parse(frame(1, b"")) is None
    assert dhcp6.parse(frame(2, b"", ports=(546, 547))) is None


def test_a_question_goes_to_all_servers_and_only_a_solicit_asks_for_an_address():
    solicit = dhcp6.question(dhcp6.SOLICIT, b"abc", "fe80::1", "02:00:00:00:00:01")
    other = dhcp6.question(dhcp6.INFORMATION_REQUEST, b"abc", "fe80::1", "02:00:00:00:00:01")
    assert solicit[:6] == bytes.fromhex("333300010002")
    assert (solicit[62], other[62]) == (1, 11)
    assert len(solicit) - len(other) == 16


def test_a_key_is_found_in_binds_words_and_its_absence_said():
    text = 'key "transfer.gov.vn" {\n\talgorithm hmac-sha256;\n\tsecret "abcd=";\n};'
    assert key_in(text) == Key("transfer.gov.vn", "hmac-sha256", "abcd=")
    with pytest.raises(CannotMeasure):
        key_in("// nothing")
