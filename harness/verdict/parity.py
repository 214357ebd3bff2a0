"""Judges of congruence: what one family reaches the other must reach too, port by port and size by size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from harness.history.seen import Answer, Seen
from harness.plan.model import FAMILIES, Family
from harness.verdict.verdict import Finding

OUTCOMES: Mapping[Answer, str] = {"reply": "open", "refusal": "closed", "silence": "blocked", "unreachable": "blocked"}
"""What an answer means for whoever asked. Whether a filter keeps silent or says so is no difference between families:
a private IPv4 address has no route where its IPv6 neighbour meets a firewall."""

MOST_KINDS = 12
"""So many lines of evidence say what kept packets back."""


@dataclass(frozen=True, slots=True)
class Question:
    """One cell of a matrix: ``what`` is a port or a kind of packet; ``answers`` has an entry for each family asked."""

    source: str
    destination: str
    what: str
    answers: Mapping[Family, Answer]
    events: Mapping[Family, str]

    @property
    def where(self) -> str:
        """How findings name it."""
        return f"{self.source} to {self.destination} {self.what}"

    def outcome(self, family: Family) -> str:
        """open, closed or blocked; ``KeyError`` for a family that was not asked."""
        return OUTCOMES[self.answers[family]]


def congruent(matrix: Sequence[Question]) -> tuple[Finding, ...]:
    """Every cell has the same outcome in both families (RFC 9099 section 2.7.1)."""
    return tuple(
        Finding(
            each.where,
            f"IPv6 is {each.outcome(6)} ({each.answers[6]})",
            f"{each.outcome(4)} as in IPv4 ({each.answers[4]})",
            each.events.get(6, ""),
        )
        for each in matrix
        if each.outcome(4) != each.outcome(6)
    )


def controls(matrix: Sequence[Question]) -> tuple[str, ...]:
    """The sources that got no reply at all in some family: their silence elsewhere says nothing."""
    sources = dict.fromkeys(each.source for each in matrix)
    return tuple(
        f"{source} in IPv{family}"
        for source in sources
        for family in FAMILIES
        if not any(each.source == source and each.answers[family] == "reply" for each in matrix)
    )


def same_open_sets(matrix: Sequence[Question]) -> tuple[Finding, ...]:
    """From each source each destination has the same open ports in both families; one finding a pair of ends."""
    pairs = dict.fromkeys((each.source, each.destination) for each in matrix)
    return tuple(finding for pair in pairs for finding in _open_sets(pair, matrix))


def _open_sets(pair: tuple[str, str], matrix: Sequence[Question]) -> Iterator[Finding]:
    cells = [each for each in matrix if (each.source, each.destination) == pair]
    found = {family: {each.what for each in cells if each.answers[family] == "reply"} for family in FAMILIES}
    ways: tuple[tuple[Family, Family], ...] = ((6, 4), (4, 6))
    for family, other in ways:
        if more := found[family] - found[other]:
            events = [each.events.get(family, "") for each in cells if each.what in more]
            what = f"open in IPv{family} alone: {', '.join(sorted(more))}"
            yield Finding(f"{pair[0]} to {pair[1]}", what, "the same open ports in both families", events[0])


def large_packets(matrix: Sequence[Question]) -> tuple[Finding, ...]:
    """What passes in full size without fragments in IPv4 passes in IPv6 (RFC 7381 section 3.1)."""
    return tuple(
        Finding(each.where, f"IPv6 packets of that size get {each.answers[6]}", "a reply as in IPv4", each.events[6])
        for each in matrix
        if each.answers[4] == "reply" and each.answers[6] != "reply"
    )


def nothing_answers(matrix: Sequence[Question]) -> tuple[Finding, ...]:
    """No reply and no refusal of the target in IPv6: a refusal too says that the packet has reached it."""
    return tuple(
        Finding(each.where, f"the target itself answers: {each.answers[6]}", "nothing from it", each.events.get(6, ""))
        for each in matrix
        if each.outcome(6) != "blocked"
    )


def not_arrived(arrived: Set[tuple[str, str, int]]) -> tuple[Finding, ...]:
    """No SYN (node, destination, port) from outside was seen on a host: what the filter let through counts, answered
    or not."""
    return tuple(
        Finding(node, f"a SYN from outside to [{address}]:{port} has come through", "none")
        for node, address, port in sorted(arrived)
    )


def same_sites(where: str, routes: Mapping[Family, Set[str]]) -> tuple[Finding, ...]:
    """A router has a route to the same LANs of a site in both families: ``routes`` holds their names by family."""
    ways: tuple[tuple[Family, Family], ...] = ((4, 6), (6, 4))
    count = f"{len(routes[4])} IPv4 and {len(routes[6])} IPv6 routes"
    return tuple(
        Finding(where, f"{count}: IPv{lacking} lacks {', '.join(sorted(more))}", "the same in both families")
        for family, lacking in ways
        if (more := routes[family] - routes[lacking])
    )


def all_reached(asked: Sequence[Question]) -> tuple[Finding, ...]:
    """Every question has its reply in every family in which it was asked."""
    return tuple(
        Finding(each.where, f"IPv{family} gets {answer}", "a reply", each.events.get(family, ""))
        for each in asked
        for family, answer in each.answers.items()
        if answer != "reply"
    )


def same_adjacencies(router: str, planned: Set[str], costs: Mapping[Family, Mapping[str, int]]) -> tuple[Finding, ...]:
    """Each planned interface has a full OSPF neighbour, at the same cost in OSPFv2 and OSPFv3.

    ``costs`` maps, for each family, interface to cost, of those alone that have a full neighbour. One that both lack is
    a redundancy that has gone without a word.
    """
    devices = sorted({*costs[4], *costs[6]})
    lacking = sorted(planned - set(devices))
    return tuple(
        Finding(f"{router} {device}", "neither OSPFv2 nor OSPFv3 has a full neighbour", "one in both")
        for device in lacking
    ) + tuple(
        Finding(
            f"{router} {device}", f"OSPFv3 {_adjacency(costs[6], device)}", f"OSPFv2 {_adjacency(costs[4], device)}"
        )
        for device in devices
        if costs[4].get(device) != costs[6].get(device)
    )


def _adjacency(costs: Mapping[str, int], device: str) -> str:
    return f"full, cost {costs[device]}" if device in costs else "has no full neighbour"


def how_blocked(seen: Sequence[Seen]) -> tuple[str, ...]:
    """What kept back those that got no answer from the target, a line a kind: silence, or who said what how often."""
    counts = Counter(
        f"IPv{each.family} {each.answer}" + (f" by {each.by}: {each.data.get('reason', '')}" if each.by else "")
        for each in seen
        if OUTCOMES[each.answer] == "blocked"
    )
    return tuple(f"{count} x {what}" for what, count in counts.most_common(MOST_KINDS))
