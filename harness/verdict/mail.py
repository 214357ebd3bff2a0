"""Judges of mail: exchangers greet in both families, and relay for nobody in either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.history.seen import Family, Seen
from harness.verdict.verdict import Finding

READY = 220
"""The greeting of a server that takes mail (RFC 5321 section 4.2)."""


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
