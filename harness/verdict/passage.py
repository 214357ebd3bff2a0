"""Judges of filters by marked packets: what must pass was seen at its end, what must not was seen nowhere behind the filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.verdict.verdict import Finding

NEIGHBOUR = 255
"""The hop limit that nobody else's packets arrive with."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One packet: ``who`` sent it to whom, ``what`` it is, the ``end`` (a node) it is for, where it was ``seen``.

    ``seen`` has the places (node and interface) in the order of their first sight.
    """

    who: str
    what: str
    end: str
    seen: tuple[str, ...]

    @property
    def arrived(self) -> bool:
        """Whether it came to its end."""
        return any(place.split()[0] == self.end for place in self.seen)


def unsent(packets: Sequence[Sent]) -> tuple[str, ...]:
    """Packets that were seen nowhere, not even before the filter: nothing can be said of them."""
    return tuple(f"{each.who}: {each.what}" for each in packets if not each.seen)


def all_arrive(packets: Sequence[Sent]) -> tuple[Finding, ...]:
    """Each packet came to its end; one finding a path, with the last place that any lost one was seen at."""
    findings = []
    for who in dict.fromkeys(each.who for each in packets):
        lost = [each for each in packets if each.who == who and not each.arrived]
        if lost:
            places = ", ".join(dict.fromkeys(each.seen[-1] if each.seen else "nowhere" for each in lost))
            what = ", ".join(each.what for each in lost)
            findings.append(Finding(who, f"lost: {what}; last seen at {places}", f"seen on {lost[0].end}"))
    return tuple(findings)


def none_arrive(packets: Sequence[Sent]) -> tuple[Finding, ...]:
    """No packet came to its end (RFC 2827, RFC 6105); one finding for each kind of packet that did, with all its ends."""
    ends: dict[tuple[str, str], list[str]] = {}
    for each in packets:
        if each.arrived:
            ends.setdefault((each.who, each.what), []).append(each.end)
    return tuple(
        Finding(who, f"{what} has come through to {', '.join(found)}", "dropped") for (who, what), found in ends.items()
    )


def none_pass(packets: Sequence[Sent]) -> tuple[Finding, ...]:
    """No packet came to its end; one finding a path, with all kinds of packets that did."""
    through: dict[str, list[str]] = {}
    for each in packets:
        if each.arrived:
            through.setdefault(each.who, []).append(each.what)
    return tuple(Finding(who, f"let through: {', '.join(kinds)}", "dropped") for who, kinds in through.items())


@dataclass(frozen=True, slots=True)
class Asked:
    """A neighbour solicitation with a ``hop_limit``: ``who`` sent it to whom, from which kind of address, and whether
    it was ``answered``."""

    who: str
    what: str
    hop_limit: int
    answered: bool


def only_neighbours_heard(asks: Sequence[Asked]) -> tuple[Finding, ...]:
    """Solicitations are answered with the hop limit of a neighbour, 255, and with no other (RFC 4861 section 7.1.1)."""
    return tuple(
        Finding(
            each.who,
            f"a solicitation {each.what} with hop limit {each.hop_limit} is {'' if each.answered else 'not '}answered",
            "an answer" if each.hop_limit == NEIGHBOUR else "none",
        )
        for each in asks
        if each.answered != (each.hop_limit == NEIGHBOUR)
    )


def unchanged(
    host: str, before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]
) -> tuple[Finding, ...]:
    """A host's state (what → values, e.g. addresses) is what it was."""
    findings = []
    for what in before:
        old, new = set(before[what]), set(after.get(what, ()))
        if old != new:
            changes = [f"+{each}" for each in sorted(new - old)] + [f"-{each}" for each in sorted(old - new)]
            findings.append(Finding(host, f"{what} changed: {' '.join(changes)}", "what they were"))
    return tuple(findings)
