"""Whether what a resolver handed on is what the zone has signed: what a host that validates by itself makes of it."""

from __future__ import annotations

import dns.dnssec
import dns.exception
import dns.name
import dns.node
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset

from harness.probe.dns_message import parse


def validated(wire: bytes, name: str, rdtype: str, zone: str, dnskey: str) -> bool:
    """Whether the answer in ``wire`` has records of a name and type, signed by the zone's key (RFC 4035 section 5.3).

    ``dnskey`` is the key's data in presentation form, which the host trusts.
    """
    owner, origin = dns.name.from_text(name), dns.name.from_text(zone)
    wanted = dns.rdatatype.from_text(rdtype)
    keys: dict[dns.name.Name, dns.node.Node | dns.rdataset.Rdataset] = {
        origin: dns.rrset.from_text(origin, 0, "IN", "DNSKEY", dnskey)
    }
    try:
        answer = parse(wire).answer
        records = next(each for each in answer if each.name == owner and each.rdtype == wanted)
        signatures = next(each for each in answer if each.match(owner, dns.rdataclass.IN, dns.rdatatype.RRSIG, wanted))
        dns.dnssec.validate(records, signatures, keys)
    except (StopIteration, dns.exception.DNSException, ValueError):
        return False
    return True
