"""In which order a stage step does things, whether it can be made twice, and what is left when it is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.verdict.verdict import Finding


@dataclass(frozen=True, slots=True)
class Spoken:
    """A BGP session at one look: whether it is established, and how many prefixes its router has sent."""

    up: bool
    sent: int


@dataclass(frozen=True, slots=True)
class Look:
    """What was there just before a sub-action, or after the last: ``at`` in CLOCK_MONOTONIC seconds, the external
    sessions by (router, peer), and the packet filter of each node that protects a LAN, line by line."""

    at: float
    before: str
    sessions: Mapping[tuple[str, str], Spoken]
    rules: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Advertised:
    """A LAN that gets IPv6 in the step: when its first router advertisement was seen (``None``: never), and the nodes
    whose filters protect it."""

    lan: str
    first: float | None
    fences: tuple[str, ...]


def made_twice(changed: Sequence[str], reset: Iterable[Finding], left: Iterable[Finding]) -> tuple[Finding, ...]:
    """A step that has been made changes nothing when it is made again: no file, no session, no state."""
    files = tuple(Finding(each, "would be changed by the second run", "nothing to change") for each in changed)
    return (*files, *reset, *left)


def silent_first(looks: Sequence[Look], fresh: Iterable[tuple[str, str]]) -> tuple[Finding, ...]:
    """Each new session is seen established with nothing sent, and announces by the end (RFC 8212)."""
    findings = []
    for key in sorted(fresh):
        where = f"{key[0]} session with {key[1]}"
        up = [(look, look.sessions[key]) for look in looks if key in look.sessions and look.sessions[key].up]
        if not up:
            findings.append(Finding(where, "was not established at any look", "established, then announcing"))
        elif up[0][1].sent:
            what = f"had sent {up[0][1].sent} prefixes when it was first seen established, before {up[0][0].before}"
            findings.append(Finding(where, what, "established with nothing sent first"))
        elif not up[-1][1].sent:
            findings.append(Finding(where, "announces nothing after the step", "the province's prefix"))
    return tuple(findings)


def fenced_first(looks: Sequence[Look], lans: Sequence[Advertised]) -> tuple[Finding, ...]:
    """Before the first advertisement in a LAN every filter that protects it was what it is after the step (RFC 6105,
    RFC 9099 section 2.7.1). Raises ``ValueError`` for no look at all."""
    last = looks[-1]
    findings = []
    for lan in lans:
        if lan.first is None:
            findings.append(Finding(lan.lan, "no router advertisement was seen in the step", "one, behind its fences"))
            continue
        earlier = [look for look in looks if look.at <= lan.first]
        for node in lan.fences:
            missing = last.rules[node] - (earlier[-1].rules[node] if earlier else frozenset())
            if missing:
                what = f"{len(missing)} rules were not there yet at the first advertisement, as {min(missing)[:120]}"
                findings.append(Finding(f"{lan.lan}: {node}", what, "its filter first"))
    return tuple(findings)


def taken_back(between: bool, left: Iterable[Finding], reset: Iterable[Finding]) -> tuple[Finding, ...]:
    """A step that was broken off said so, and after it was taken back all is as before, and no session in IPv4 was
    touched."""
    said = () if between else (Finding("the lab", "did not say that it is between two stages", "between, and why"),)
    return (*said, *left, *reset)
