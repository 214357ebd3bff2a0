"""Judges of how hosts get their addresses: the flags against the DHCPv6 there is, and what a duplicate does."""

from __future__ import annotations

from dataclasses import dataclass

from harness.verdict.verdict import Finding


@dataclass(frozen=True, slots=True)
class Served:
    """What became of a host's two questions: seconds to the answer (``None``: none came), and what was in it.

    ``address_s`` is that of an ADVERTISE with an address to a SOLICIT, ``refused`` whether one without came;
    ``other_s`` that of a REPLY to an INFORMATION-REQUEST.
    """

    address_s: float | None
    other_s: float | None
    refused: bool = False


def flags_agree(where: str, managed: bool, other: bool, seen: Served, most: float) -> tuple[Finding, ...]:
    """M promises addresses, O the rest, neither of both that nobody serves (RFC 4861 section 4.2)."""
    flags = f"M={int(managed)}, O={int(other)}"
    findings: list[Finding] = []
    if managed and seen.address_s is None:
        got = "is answered without an address" if seen.refused else "is not answered"
        findings.append(Finding(where, f"{flags}, but a SOLICIT {got}", "an ADVERTISE with an address"))
    elif managed and seen.address_s is not None and seen.address_s > most:
        findings.append(Finding(where, f"a SOLICIT is answered after {seen.address_s:.1f} s", f"at most {most:.0f} s"))
    if not managed and other and seen.other_s is None:
        findings.append(Finding(where, f"{flags}, but an INFORMATION-REQUEST is not answered", "a REPLY"))
    elif not managed and other and seen.other_s is not None and seen.other_s > most:
        text = f"an INFORMATION-REQUEST is answered after {seen.other_s:.1f} s"
        findings.append(Finding(where, text, f"at most {most:.0f} s"))
    if not managed and not other and (seen.address_s is not None or seen.other_s is not None or seen.refused):
        findings.append(Finding(where, f"{flags}, but a DHCPv6 server answers", "none"))
    if not managed and seen.address_s is not None and other:
        findings.append(Finding(where, f"{flags}, but a SOLICIT gets an address", "none"))
    return tuple(findings)


@dataclass(frozen=True, slots=True)
class Doubled:
    """An address that ``second`` was given too: seconds until its kernel said duplicate (``None``: it did not),
    whether it came into use there, and the echoes that its owner lost meanwhile."""

    address: str
    owner: str
    second: str
    failed_s: float | None
    used: bool
    sent: int
    lost: int


def duplicate(seen: Doubled, most: float) -> tuple[Finding, ...]:
    """The second is told in time, does not use the address, and the owner does not notice (RFC 4862 section 5.4)."""
    where = f"{seen.second} with {seen.address} of {seen.owner}"
    findings: list[Finding] = []
    if seen.used:
        findings.append(Finding(where, "uses the address", "dadfailed"))
    elif seen.failed_s is None:
        findings.append(Finding(where, "is not told that it is a duplicate", "dadfailed"))
    if seen.failed_s is not None and seen.failed_s > most:
        findings.append(Finding(where, f"dadfailed after {seen.failed_s:.1f} s", f"at most {most:.0f} s"))
    if seen.lost:
        findings.append(Finding(where, f"{seen.owner} loses {seen.lost} of {seen.sent} echoes", "none"))
    return tuple(findings)
