"""Judges of mail: exchangers greet in both families, relay for nobody in either, and are known to whom they write to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from harness.history.seen import Family, Seen
from harness.verdict.verdict import Finding

READY = 220
"""The greeting of a server that takes mail (RFC 5321 section 4.2)."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who handed a letter in, as its receiver wrote it down and looked it up: its address and the name that it greeted
    with; the names that the address points to; the addresses, of the same family, of each name that was said."""

    address: str
    helo: str
    pointers: Sequence[str]
    addresses: Mapping[str, Sequence[str]]
    spf: str
    event: str = ""


def exchangers(domain: str, names: Iterable[str]) -> tuple[Finding, ...]:
    """A domain has a mail exchanger."""
    return () if tuple(names) else (Finding(domain, "no MX record", "at least one"),)


def has_address(name: str, addresses: Iterable[str]) -> tuple[Finding, ...]:
    """A mail exchanger has an AAAA record."""
    return () if tuple(addresses) else (Finding(name, "no AAAA record", "at least one"),)


def greets(seen: Sequence[tuple[str, Seen]]) -> tuple[Finding, ...]:
    """Each (where, seen) is a banner of 220."""
    return tuple(
        Finding(where, f"banner {each.data['banner']}" if "banner" in each.data else each.answer, "220", each.event)
        for where, each in seen
        if each.data.get("banner") != READY
    )


def relays_nothing(where: str, codes: Mapping[Family, int], events: Mapping[Family, str]) -> tuple[Finding, ...]:
    """RCPT to a foreign domain got 454 or 5xx in each family (RFC 5321 section 7), and the same in both."""
    findings = [
        Finding(f"{where} IPv{family}", f"RCPT to a foreign domain got {code}", "454 or 5xx", events.get(family, ""))
        for family, code in sorted(codes.items())
        if code != 454 and not 500 <= code < 600
    ]
    if len(set(codes.values())) > 1:
        text = ", ".join(f"{code} in IPv{family}" for family, code in sorted(codes.items()))
        findings.append(Finding(where, text, "the same in both families"))
    return tuple(findings)


def identified(where: str, seen: Sender, planned: str) -> tuple[Finding, ...]:
    """A sender comes from its planned address, which points to the name that it greets with and is pointed to by it
    (RFC 1912 section 2.1, RFC 5321 section 4.1.4), and is one that the domain says it sends from (RFC 7208)."""
    found: list[tuple[str, str]] = []
    if ip_address(seen.address) != ip_address(planned):
        found.append((f"sends from {seen.address}", planned))
    if not seen.pointers:
        found.append((f"{seen.address} has no PTR", "the sender's name"))
    elif seen.helo not in seen.pointers:
        found.append((f"greets as {seen.helo}", f"{', '.join(seen.pointers)}, as the PTR of {seen.address} says"))
    for name in dict.fromkeys((*seen.pointers, seen.helo)):
        held = seen.addresses.get(name, ())
        if ip_address(seen.address) not in map(ip_address, held):
            found.append((f"{name} leads to {', '.join(held) or 'no address'}", f"{seen.address} among them"))
    if seen.spf != "pass":
        found.append((f"SPF says {seen.spf} of {seen.address}", "pass"))
    return tuple(Finding(where, what, expected, seen.event) for what, expected in found)
