"""DNS messages as questions and as data: no sockets here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from harness.history.seen import Family

ADDRESS_TYPE: dict[Family, str] = {4: "A", 6: "AAAA"}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a server. ``edns_size`` 0 asks without EDNS; ``dnssec`` sets DO."""

    name: str
    rdtype: str = "A"
    recursion: bool = True
    dnssec: bool = False
    checking_disabled: bool = False
    edns_size: int = 1232
    transport: str = "udp"

    def message(self) -> dns.message.QueryMessage:
        """The question as a message with a random identifier. Raises ``ValueError`` if name or type is none."""
        try:
            query = dns.message.make_query(
                self.name, self.rdtype, want_dnssec=self.dnssec, payload=self.edns_size or 1232
            )
        except dns.exception.DNSException as error:
            raise ValueError(f"{self.name} {self.rdtype} cannot be asked for: {error}") from error
        if not self.edns_size and not self.dnssec:
            query.use_edns(False)
        if not self.recursion:
            query.flags &= ~dns.flags.RD
        if self.checking_disabled:
            query.flags |= dns.flags.CD
        return query


def parse(wire: bytes) -> dns.message.Message:
    """``wire`` as a message. Raises ``dns.exception.DNSException`` or ``ValueError`` if it is none."""
    return dns.message.from_wire(wire, ignore_trailing=False, raise_on_truncation=False)


def describe(message: dns.message.Message, size: int) -> dict[str, Any]:
    """A response as data: rcode, the flags in upper case, EDNS, the three sections as lists of records.

    A record is ``{"name", "type", "ttl", "values"}`` with names absolute and in lower case.
    """
    flags = dns.flags.to_text(message.flags).split() + dns.flags.edns_to_text(message.ednsflags).split()
    return {
        "rcode": dns.rcode.to_text(message.rcode()),
        "flags": flags,
        "aa": "AA" in flags,
        "ad": "AD" in flags,
        "tc": "TC" in flags,
        "ra": "RA" in flags,
        "edns_size": message.payload if message.edns >= 0 else 0,
        "size": size,
        "answer": [_record(rrset) for rrset in message.answer],
        "authority": [_record(rrset) for rrset in message.authority],
        "additional": [_record(rrset) for rrset in message.additional],
    }


def values(data: dict[str, Any], rdtype: str, name: str = "") -> list[str]:
    """The values of a type (and a name) in the answer section of what ``describe`` gave."""
    wanted = absolute(name) if name else ""
    records = (each for each in data.get("answer", ()) if each["type"] == rdtype and wanted in ("", each["name"]))
    return [value for each in records for value in each["values"]]


def absolute(name: str) -> str:
    """``name`` with its last dot and in lower case."""
    return dns.name.from_text(name).to_text().lower()


def is_response_to(query: dns.message.Message, wire: bytes) -> bool:
    """Whether a datagram answers ``query``: same identifier, a response. Its contents may still be broken."""
    return len(wire) >= 12 and wire[:2] == query.id.to_bytes(2, "big") and bool(wire[2] & 0x80)


def _record(rrset: dns.rrset.RRset) -> dict[str, Any]:
    return {
        "name": rrset.name.to_text().lower(),
        "type": dns.rdatatype.to_text(rrset.rdtype),
        "ttl": rrset.ttl,
        "values": [rdata.to_text() for rdata in rrset],
    }
