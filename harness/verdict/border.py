"""Judges of what guards an eBGP session: the policy safety net, limits of prefixes, TTL security, keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from harness.verdict.bgp import NAMES, SessionEnd
from harness.verdict.verdict import Finding

ESTABLISHED = "Established"
MAXIMUM_PREFIXES = "0601"
"""Cease, maximum number of prefixes reached (RFC 4486 section 4), as bgpd writes it."""


def safety_net(where: str, imported: Set[str], exported: Set[str]) -> tuple[Finding, ...]:
    """A neighbour without a policy gives nothing and gets nothing (RFC 8212 section 3)."""
    return (
        *(Finding(where, f"{each} is taken without a policy", "nothing") for each in sorted(imported)),
        *(Finding(where, f"{each} is told without a policy", "nothing") for each in sorted(exported)),
    )


def limits(ends: Sequence[SessionEnd], warning: float) -> tuple[Finding, ...]:
    """Each session has a limit of prefixes in its family that ends it, with a warning at ``warning`` percent of it."""
    findings: list[Finding] = []
    for end in ends:
        if end.seen is None:
            findings.append(Finding(end.where, "no such neighbour is configured"))
            continue
        info = end.seen.get("addressFamilyInfo", {}).get(NAMES[end.family], {})
        if not info.get("prefixAllowedMax"):
            findings.append(Finding(end.where, f"no limit of IPv{end.family} prefixes", "maximum-prefix"))
        elif info.get("prefixAllowedMaxWarning"):
            findings.append(
                Finding(end.where, f"the limit of IPv{end.family} prefixes only warns", "a limit that ends it")
            )
        elif info.get("prefixAllowedWarningThresh") != warning:
            text = f"warns at {info.get('prefixAllowedWarningThresh')} % of its IPv{end.family} limit"
            findings.append(Finding(end.where, text, f"{warning:.0f} %"))
    return tuple(findings)


@dataclass(frozen=True, slots=True)
class Tripped:
    """What came of ``sent`` filter-passing prefixes through a session with a limit of ``limit``.

    ``seconds`` from the first prefix above the limit to Idle, ``None`` if it did not go there; ``at_limit`` is the
    session's state at exactly the limit; ``reasons`` are end → code and subcode of the last notification there;
    ``warned`` is the number of prefixes at which the router warned, if it did; ``others`` → what became of sessions
    that should not have noticed.
    """

    where: str
    limit: int
    at_limit: str
    seconds: float | None
    state: str
    reasons: Mapping[str, str]
    warned: int | None
    others: Mapping[str, str]


def tripped(seen: Tripped, most: float, warning: float) -> tuple[Finding, ...]:
    """Up at the limit, Idle by Cease/1 at both ends soon above it, warned before, and no other session noticed."""
    findings: list[Finding] = []
    due = int(seen.limit * warning / 100)
    if seen.at_limit != ESTABLISHED:
        findings.append(Finding(seen.where, f"{seen.at_limit} at {seen.limit} prefixes already", ESTABLISHED))
    if seen.seconds is None:
        findings.append(Finding(seen.where, f"still {seen.state} above its limit of {seen.limit} prefixes", "Idle"))
    else:
        if seen.seconds > most:
            findings.append(Finding(seen.where, f"Idle after {seen.seconds:.1f} s", f"at most {most:.0f} s"))
        findings += [
            Finding(seen.where, f"ended by {why or 'nothing'} at {end}", "Cease/1 (0601)")
            for end, why in seen.reasons.items()
            if why != MAXIMUM_PREFIXES
        ]
    if seen.warned is None:
        findings.append(Finding(seen.where, "no warning on the way to the limit", f"one at {warning:.0f} %"))
    elif seen.warned > due + 1:
        findings.append(Finding(seen.where, f"warned at {seen.warned} of {seen.limit} prefixes", f"at {due + 1}"))
    findings += [
        Finding(seen.where, f"{name} went {state} with it", "Established") for name, state in seen.others.items()
    ]
    return tuple(findings)


GTSM = 255
"""RFC 5082 section 3: what a neighbour on the link sends with, and nobody farther off can arrive with."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A TCP segment of a session as it passed the router's port: its TTL or hop limit, whether it is signed."""

    source: str
    ttl: int
    signed: bool


def protected(where: str, segments: Sequence[Segment], ends: Sequence[str]) -> tuple[Finding, ...]:
    """What both ``ends`` of a session send is signed (RFC 2385) and has the highest TTL there is."""
    findings: list[Finding] = []
    for source in ends:
        own = [each for each in segments if each.source == source]
        if not own:
            findings.append(Finding(where, f"no segment from {source} passes", "a session"))
        if any(not each.signed for each in own):
            findings.append(Finding(where, f"{source} does not sign its segments", "TCP MD5"))
        if low := sorted({each.ttl for each in own if each.ttl != GTSM}):
            findings.append(Finding(where, f"{source} sends with TTL {', '.join(map(str, low))}", f"{GTSM}"))
    return tuple(findings)


def refused(where: str, what: str, states: Sequence[str]) -> tuple[Finding, ...]:
    """A session that ``what`` should keep down was in ``states`` meanwhile: never Established."""
    if ESTABLISHED in states:
        return (Finding(where, f"Established with {what}", "never"),)
    return ()
