"""Judges of DNS64 and PREF64: one prefix everywhere, never expiring before its router, and nobody served who has IPv4."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network

from harness.verdict.verdict import Finding

WELL_KNOWN = (IPv4Address("192.0.0.170"), IPv4Address("192.0.0.171"))
"""The addresses of ipv4only.arpa (RFC 7050 section 2.2)."""
LONGEST_PREF64_LIFETIME = 65528
"""Seconds: 13 bits in units of eight (RFC 8781 section 4)."""


def discovered(given: Iterable[str]) -> tuple[str, ...]:
    """The /96 prefixes that AAAA of ipv4only.arpa tell (RFC 7050 section 3); an address that holds neither of the two
    well-known ones in its last 32 bits is told as it is."""
    found = set()
    for text in given:
        address = IPv6Address(text)
        known = IPv4Address(int(address) & 0xFFFFFFFF) in WELL_KNOWN
        found.add(str(IPv6Network((int(address) >> 32 << 32, 96))) if known else str(address))
    return tuple(sorted(found))


def one_prefix(wanted: IPv6Network, told: Mapping[str, Collection[str]]) -> tuple[Finding, ...]:
    """Every place (what it is → the prefixes that it has) has the planned prefix and no other (RFC 7050 section 3)."""
    return tuple(
        Finding(where, f"NAT64 prefix {', '.join(sorted(found)) or 'none'}", str(wanted))
        for where, found in told.items()
        if set(found) != {str(wanted)}
    )


def lasts_as_long(where: str, lifetimes: Sequence[int], router_lifetime: int) -> tuple[Finding, ...]:
    """PREF64 does not end before its router does (RFC 8781 section 4.1): seconds, in units of eight."""
    return tuple(
        Finding(where, f"PREF64 for {each} s", f"{router_lifetime} to {LONGEST_PREF64_LIFETIME} s, a multiple of 8")
        for each in lifetimes
        if not router_lifetime <= each <= LONGEST_PREF64_LIFETIME or each % 8
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What a resolver said to one question: its rcode (``silence`` if it said nothing), the AAAA that it gave, and
    whether it added signatures."""

    where: str
    rcode: str
    given: tuple[str, ...]
    signed: bool
    event: str = ""


def all_answered(told: Iterable[Told]) -> tuple[Finding, ...]:
    """No SERVFAIL, whatever bits the question had (RFC 9099 section 2.1.7.1: DNS64 breaks no validation)."""
    return tuple(Finding(each.where, each.rcode, "NOERROR", each.event) for each in told if each.rcode != "NOERROR")


def left_to_validators(told: Iterable[Told]) -> tuple[Finding, ...]:
    """Who sets DO and CD validates alone: gets nothing made up, and the proof that there is no AAAA (RFC 6147 section
    5.5 case 3)."""
    findings = []
    for each in told:
        if each.given:
            findings.append(
                Finding(each.where, f"AAAA {', '.join(each.given)}", "none: it has no signature", each.event)
            )
        elif each.rcode == "NOERROR" and not each.signed:
            findings.append(Finding(each.where, "no AAAA, without a signature", "the signed proof of it", each.event))
    return tuple(findings)


def nothing_made_up(
    where: str, given: Sequence[str], prefixes: Iterable[IPv6Network], event: str = ""
) -> tuple[Finding, ...]:
    """Who has IPv4 gets no AAAA behind a translator (RFC 6147 section 6.3.2), nor do strangers."""
    networks = tuple(prefixes)
    made = [each for each in given if any(IPv6Address(each) in network for network in networks)]
    return (Finding(where, f"synthesised AAAA {', '.join(made)}", "none", event),) if made else ()
