import dns.dnssec
import dns.message
import dns.name
import dns.rrset
from cryptography.hazmat.primitives.asymmetric import ec

from harness.probe.dns_signed import validated

NAME, ZONE = "a.example.com.", "example.com."
KEY, STRANGERS = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
DNSKEY, OTHER = (dns.dnssec.make_dnskey(each.public_key(), dns.dnssec.ECDSAP256SHA256) for each in (KEY, STRANGERS))


def response(*, signed):
    records = dns.rrset.from_text(NAME, 60, "IN", "A", "192.0.2.1")
    message = dns.message.make_response(dns.message.make_query(NAME, "A", want_dnssec=True))
    message.answer.append(records)
    if signed:
        signature = dns.dnssec.sign(records, KEY, dns.name.from_text(ZONE), DNSKEY, lifetime=3600)
        message.answer.append(dns.rrset.from_rdata(NAME, 60, signature))
    return message.to_wire()


def test_what_the_zone_has_signed_is_taken():
    assert validated(response(signed=True), NAME, "A", ZONE, DNSKEY.to_text())


def test_what_nobody_or_somebody_else_has_signed_is_not():
    assert not validated(response(signed=False), NAME, "A", ZONE, DNSKEY.to_text())
    assert not validated(response(signed=True), NAME, "A", ZONE, OTHER.to_text())


def test_an_answer_to_something_else_and_no_message_at_all_are_not():
    assert not validated(response(signed=True), NAME, "AAAA", ZONE, DNSKEY.to_text())
    assert not validated(b"none", NAME, "A", ZONE, DNSKEY.to_text())
