"""Judges of life without IPv4: a client uses everything, the rest of the world is reached through NAT64, DNS64 lies only where it must."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address

from harness.plan.model import Network
from harness.verdict.verdict import Finding


@dataclass(frozen=True, slots=True)
class Use:
    """One service as a client used it: ``said`` is what it answered, in a few words."""

    where: str
    works: bool
    said: str
    event: str = ""


def no_ipv4(host: str, addresses: Iterable[str]) -> tuple[Finding, ...]:
    """A host has no IPv4 address but the loopback's: what it reaches, it reaches by IPv6."""
    held = sorted(each for each in addresses if not ip_address(each).is_loopback)
    return (Finding(host, f"has IPv4 addresses: {', '.join(held)}", "none"),) if held else ()


def all_used(uses: Sequence[Use]) -> tuple[Finding, ...]:
    """Every service works (RFC 6540 section 2)."""
    return tuple(Finding(each.where, each.said, "the service", each.event) for each in uses if not each.works)


def by_translation(
    literal: str, served: Iterable[str], translated: Collection[str], behind: Mapping[str, str]
) -> tuple[Finding, ...]:
    """Who was served at an IPv4 address sent it IPv6 to the address that is ``behind`` its translator (RFC 6877 section
    6): otherwise what served it was not CLAT."""
    return tuple(
        Finding(f"{name} to {literal}", "nothing went out to its translator", f"IPv6 to {behind[name]}")
        for name in served
        if name not in translated
    )


def not_without(literal: str, answers: Mapping[str, str]) -> tuple[Finding, ...]:
    """A client with IPv6 alone and no CLAT does not reach an IPv4 address: that it works elsewhere is CLAT's doing."""
    return tuple(
        Finding(f"{name} to {literal}", "is answered without CLAT", "no way there")
        for name, answer in answers.items()
        if answer == "reply"
    )


def from_pool(where: str, seen_as: str, pool: Network, event: str = "") -> tuple[Finding, ...]:
    """What a server in the IPv4 Internet wrote down about a translated client is an address of the translator's pool."""
    try:
        inside = ip_address(seen_as.strip()) in pool
    except ValueError:
        inside = False
    return () if inside else (Finding(where, f"the client is {seen_as.strip() or 'not there'}", f"in {pool}", event),)


def synthesised(where: str, given: Sequence[str], wanted: Sequence[str], event: str = "") -> tuple[Finding, ...]:
    """AAAA of a name with A alone: its A behind the translator's prefix (RFC 6147 section 5.1.7), no less and no more."""
    if sorted(map(ip_address, given), key=int) == sorted(map(ip_address, wanted), key=int) and wanted:
        return ()
    return (Finding(where, f"AAAA {', '.join(given) or 'none'}", ", ".join(wanted), event),)


def never_synthesised(
    where: str, given: Sequence[str], held: Sequence[str], prefixes: Iterable[IPv6Network], event: str = ""
) -> tuple[Finding, ...]:
    """A resolver gives the AAAA that a name has (RFC 6147 section 5.1.1), and none behind a translator's prefix."""
    findings = []
    made = [each for each in given if any(IPv6Address(each) in prefix for prefix in prefixes)]
    if made:
        findings.append(Finding(where, f"synthesised AAAA {', '.join(made)}", "the real ones alone", event))
    if {IPv6Address(each) for each in given} != {IPv6Address(each) for each in held}:
        findings.append(Finding(where, f"AAAA {', '.join(sorted(given)) or 'none'}", ", ".join(sorted(held)), event))
    return tuple(findings)


def lasts(where: str, seconds: Mapping[str, float | None], least: Mapping[str, float]) -> tuple[Finding, ...]:
    """State of a flow (kind → seconds that it lasts unused, ``None`` unknown) lasts long enough (RFC 6146 section 4)."""
    findings = []
    for kind, wanted in least.items():
        found = seconds.get(kind)
        if found is None or found < wanted:
            said = "is not known" if found is None else f"ends after {found:g} s"
            findings.append(Finding(where, f"{kind} {said}", f"at least {wanted:g} s"))
    return tuple(findings)
