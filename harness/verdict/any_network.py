"""Judges of a network that no plan describes: it is its own oracle, one family for the other, one end for the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.plan.model import FAMILIES, Family
from harness.verdict.bgp import NAMES, negotiated
from harness.verdict.parity import Question
from harness.verdict.verdict import Finding

ROUTING = frozenset({"zebra", "bgp", "isis", "ospf", "rip", "ripng", "nhrp", "eigrp", "pbr", "zstatic"})
"""The protocols under which FRR puts routes into the kernel; nobody else uses these numbers."""
ATTACHED = ("connected", "local")
"""What the kernel has from an interface's address, and not from zebra."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a BGP session: the router, its neighbour as configured, bgpd's record, and who the neighbour is
    (empty: not a router of this lab, or not known)."""

    router: str
    peer: str
    seen: Mapping[str, Any]
    other: str = ""

    @property
    def where(self) -> str:
        """How findings name it."""
        return f"{self.router} neighbour {self.peer}" + (f" ({self.other})" if self.other else "")

    @property
    def up(self) -> bool:
        """Whether the session is Established."""
        return self.seen.get("bgpState") == "Established"

    @property
    def said(self) -> Mapping[str, Any]:
        """The multiprotocol extensions that either end has offered, by family name."""
        return self.seen.get("neighborCapabilities", {}).get("multiprotocolExtensions", {})  # type: ignore[no-any-return]

    def count(self, family: Family, what: str) -> int:
        """``accepted`` or ``sent`` prefixes of a family."""
        return int(self.seen.get("addressFamilyInfo", {}).get(NAMES[family], {}).get(f"{what}PrefixCounter") or 0)


def one_ended(link: Sequence[tuple[str, Collection[Family]]]) -> tuple[Finding, ...]:
    """A link between two routers has each family at both ends or at none. ``link``: (place, families) of each end."""
    (one, has), (other, has_too) = link
    if not has or not has_too:
        return ()  # switched, or unnumbered
    return tuple(
        Finding(place, f"no IPv{family} address", f"one, as {across} has")
        for place, here, across, there in ((one, has, other, has_too), (other, has_too, one, has))
        for family in FAMILIES
        if family in there and family not in here
    )


def established(ends: Sequence[End]) -> tuple[Finding, ...]:
    """Every session that is configured and not shut down on purpose is Established."""
    return tuple(
        Finding(each.where, f"the session is {each.seen.get('bgpState')}", "Established")
        for each in ends
        if not each.up and not each.seen.get("adminShutDown")
    )


def both_activate(ends: Sequence[End]) -> tuple[Finding, ...]:
    """A family that one end of a session offers the other offers too (RFC 4760 section 8)."""
    return tuple(
        Finding(each.where, f"{name} is activated {_by_whom(said)} only: no route of it flows", "at both ends or none")
        for each in ends
        if each.up
        for name, said in sorted(each.said.items())
        if not said.get("advertisedAndReceived")
    )


def _by_whom(said: Mapping[str, Any]) -> str:
    return "at this end" if said.get("advertised") else "at the other end"


def both_families(
    ends: Sequence[End], speaks: Mapping[str, Collection[Family]], linked: Mapping[frozenset[str], Collection[Family]]
) -> tuple[Finding, ...]:
    """Two neighbours that could exchange both families do: over all sessions between them, what is negotiated.

    ``speaks``: the families of which a router has BGP routes or sessions. ``linked``: the families that the two have on
    a common link, or on both loopbacks. Two that have a session over each family mean to exchange both.
    """
    pairs: dict[frozenset[str], list[End]] = {}
    for each in ends:
        if each.other and each.other != each.router:
            pairs.setdefault(frozenset((each.router, each.other)), []).append(each)
    found = []
    for pair, own in pairs.items():
        carried = {family for each in own if each.up for family in FAMILIES if NAMES[family] in negotiated(each.seen)}
        transports: set[Family] = {6 if ":" in each.peer else 4 for each in own if not each.peer.startswith("fe80")}
        able = set(FAMILIES).issubset(linked.get(pair, ())) and all(
            set(FAMILIES).issubset(speaks.get(router, ())) for router in pair
        )
        if len(carried) == 1 and (able or len(transports) == len(FAMILIES)):
            (only,) = carried
            lacking = next(family for family in FAMILIES if family != only)
            sessions = ", ".join(sorted({each.peer for each in own}))
            text = f"no session carries IPv{lacking} (sessions: {sessions})"
            found.append(Finding(" and ".join(sorted(pair)), text, f"both families, as IPv{only} is carried"))
    return tuple(found)


def accepted(ends: Sequence[End]) -> tuple[Finding, ...]:
    """No family is refused whole: discarded for want of a policy (RFC 8212), or sent and not accepted while the other
    family is accepted between the same two routers."""
    return tuple(finding for each in ends if each.up for finding in _accepted(each, ends))


def _accepted(end: End, ends: Sequence[End]) -> Iterator[Finding]:
    back = [each for each in ends if each.router == end.other and each.other == end.router]
    for family in FAMILIES:
        info = end.seen.get("addressFamilyInfo", {}).get(NAMES[family], {})
        if lacking := [way for way in ("inbound", "outbound") if info.get(f"{way}EbgpRequiresPolicy")]:
            what = f"IPv{family} routes are discarded {' and '.join(lacking)}: no policy"
            yield Finding(end.where, what, "a policy, or no bgp ebgp-requires-policy")
            continue
        if NAMES[family] not in negotiated(end.seen) or end.count(family, "accepted"):
            continue
        sent = sum(
            each.count(family, "sent") for each in back if each.seen.get("hostLocal") == end.seen.get("hostForeign")
        )
        mine = [each for each in ends if (each.router, each.other) == (end.router, end.other)]
        if sent and any(each.count(other, "accepted") for each in mine for other in FAMILIES if other != family):
            yield Finding(end.where, f"accepts none of {sent} IPv{family} prefixes that are sent", "as in the other")


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A route in the kernel: next hops as ``address%device``."""

    hops: frozenset[str]
    metric: int
    protocol: str


def forwarding(
    router: str, family: Family, rib: Mapping[str, Sequence[Mapping[str, Any]]], fib: Mapping[str, Sequence[Forwarded]]
) -> tuple[Finding, ...]:
    """zebra's table (as its JSON has it) against the kernel's: what is selected is what is forwarded by.

    Of several kernel routes to one destination the one of the lowest metric counts.
    """
    where = f"{router} IPv{family}"
    found: list[Finding] = []
    for prefix, routes in sorted(rib.items()):
        selected = next((each for each in routes if each.get("selected")), None)
        if selected is None or selected["protocol"] in ATTACHED:
            continue
        found += _forwarded(where, prefix, selected, fib.get(prefix, ()))
    for prefix, held in sorted(fib.items()):
        if prefix not in rib and (foreign := [each for each in held if each.protocol in ROUTING]):
            hops = ", ".join(sorted(foreign[0].hops)) or "nothing"
            found.append(Finding(where, f"{prefix} is forwarded to {hops}, and zebra has no such route"))
    return tuple(found)


def _forwarded(where: str, prefix: str, selected: Mapping[str, Any], held: Sequence[Forwarded]) -> Iterator[Finding]:
    what = f"{prefix} ({selected['protocol']})"
    hops = frozenset(
        f"{each.get('ip', '')}%{each['interfaceName']}"
        for each in selected["nexthops"]
        if each.get("fib") and "interfaceName" in each
    )
    if not held:
        yield Finding(where, f"{what} is selected and not in the kernel's table")
        return
    used = min(held, key=lambda each: each.metric).hops
    if used != hops:
        yield Finding(where, f"{what} is forwarded to {_text(used)}", f"{_text(hops)}, as selected")


def _text(hops: Collection[str]) -> str:
    return ", ".join(sorted(hops)) or "nothing"


def unreached(matrix: Sequence[Question]) -> tuple[Finding, ...]:
    """Every end gets an answer from every other in each family that both have; one finding a source and family."""
    missed: dict[tuple[str, Family, str], list[Question]] = {}
    for each in matrix:
        for family, answer in each.answers.items():
            if answer != "reply":
                missed.setdefault((each.source, family, answer), []).append(each)
    return tuple(
        Finding(
            source,
            f"no IPv{family} reply from {', '.join(each.destination for each in cells)} ({answer})",
            "a reply",
            cells[0].events.get(family, ""),
        )
        for (source, family, answer), cells in missed.items()
    )
