"""Judges of BGP: sessions and their families, what is announced, what the third AS sees, timers and BFD."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from harness.plan.model import Family
from harness.verdict.verdict import Finding

NAMES: Mapping[Family, str] = {4: "ipv4Unicast", 6: "ipv6Unicast"}


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """One end of a planned session: the router, its neighbour's address, and bgpd's record of it (``None``: none)."""

    router: str
    peer: str
    family: Family
    seen: Mapping[str, Any] | None

    @property
    def where(self) -> str:
        """How findings name it."""
        return f"{self.router} neighbour {self.peer}"


def sessions(ends: Sequence[SessionEnd]) -> tuple[Finding, ...]:
    """Established, exactly the family of the transport negotiated, and prefixes accepted in it, at each end."""
    return tuple(finding for end in ends for finding in _session(end))


def _session(end: SessionEnd) -> Iterator[Finding]:
    if end.seen is None:
        yield Finding(end.where, "no such neighbour is configured")
        return
    if end.seen.get("bgpState") != "Established":
        yield Finding(end.where, f"the session is {end.seen.get('bgpState')}", "Established")
        return
    wanted = NAMES[end.family]
    families = negotiated(end.seen)
    if wanted not in families:
        yield Finding(end.where, f"IPv{end.family} family not negotiated: {_text(families)}", wanted)
    if extra := families - {wanted}:
        yield Finding(end.where, f"carries {_text(extra)} as well", f"{wanted} alone")
    info = end.seen.get("addressFamilyInfo", {}).get(wanted, {})
    if wanted in families and not info.get("acceptedPrefixCounter"):
        yield Finding(end.where, f"no IPv{end.family} prefix accepted", "at least one")


def negotiated(seen: Mapping[str, Any]) -> set[str]:
    """The families that both ends have said: not the per-family state, which is the session's."""
    extensions = seen.get("neighborCapabilities", {}).get("multiprotocolExtensions", {})
    return {name for name, said in extensions.items() if said.get("advertisedAndReceived")}


def _text(families: set[str]) -> str:
    return ", ".join(sorted(families)) or "nothing"


def announced(isp: str, received: set[str], wanted: set[str]) -> tuple[Finding, ...]:
    """What an ISP has received from the province, before its own policy, against what is registered."""
    return (
        *(Finding(isp, f"receives {prefix}", "the registered block alone") for prefix in sorted(received - wanted)),
        *(Finding(isp, f"does not receive {prefix}") for prefix in sorted(wanted - received)),
    )


def visible(prefix: str, paths: Sequence[Sequence[int]], isps: Mapping[str, int], own: int) -> tuple[Finding, ...]:
    """At a third AS: one path through each ISP, and the province as its origin, with nobody in between."""
    findings = [
        Finding(prefix, f"no path through {name} (AS{number})")
        for name, number in isps.items()
        if not any(path and path[0] == number for path in paths)
    ]
    findings += [
        Finding(prefix, f"path {' '.join(map(str, path))}", f"an ISP and AS{own}")
        for path in paths
        if len(path) < 2 or set(path[1:]) != {own}
    ]
    return tuple(findings)


def same_way(where: str, ways: Mapping[Family, str]) -> tuple[Finding, ...]:
    """The two families take the same way out (or in)."""
    if len(set(ways.values())) > 1:
        text = ", ".join(f"IPv{family} by {way}" for family, way in sorted(ways.items()))
        return (Finding(where, text, "the same for both families"),)
    return ()


def hold_times(ends: Sequence[SessionEnd], most: float) -> tuple[Finding, ...]:
    """The negotiated hold time of each session, in seconds, against the target."""
    return tuple(
        Finding(end.where, f"hold time {hold:.0f} s", f"at most {most:.0f} s")
        for end in ends
        if end.seen and (hold := end.seen.get("bgpTimerHoldTimeMsecs", 0) / 1000) and hold > most
    )


TIMERS = ("detect-multiplier", "receive-interval", "transmit-interval")


def bfd(ends: Sequence[SessionEnd]) -> tuple[Finding, ...]:
    """BFD is up for each planned session, with the same timers on all of one router."""
    findings: list[Finding] = []
    timers: dict[str, dict[tuple[Any, ...], list[str]]] = {}
    for end in ends:
        if end.seen is None:
            findings.append(Finding(end.where, "bfdd knows no such session"))
            continue
        if end.seen.get("status") != "up":
            findings.append(Finding(end.where, f"BFD is {end.seen.get('status')}", "up"))
        key = tuple(end.seen.get(name) for name in TIMERS)
        timers.setdefault(end.router, {}).setdefault(key, []).append(end.peer)
    for router, found in timers.items():
        if len(found) > 1:
            text = "; ".join(f"{' '.join(map(str, key))} to {', '.join(peers)}" for key, peers in found.items())
            findings.append(Finding(router, f"BFD timers differ: {text}", "the same to all"))
    return tuple(findings)


def in_fib(router: str, rib: Mapping[str, set[str]], fib: Mapping[str, set[str]]) -> tuple[Finding, ...]:
    """Every route that BGP has selected, against the kernel's: prefix → next hops as ``address%device``."""
    findings: list[Finding] = []
    for prefix, hops in sorted(rib.items()):
        if prefix not in fib:
            findings.append(Finding(router, f"{prefix} is selected but not in the FIB"))
        elif fib[prefix] != hops:
            text = f"{prefix} goes to {', '.join(sorted(fib[prefix]))}"
            findings.append(Finding(router, text, ", ".join(sorted(hops))))
    return tuple(findings)


def own_paths(isp: str, paths: Mapping[str, Sequence[int]], own: int) -> tuple[Finding, ...]:
    """Whatever an ISP hears from the province has the province's AS in its path and no other."""
    return tuple(
        Finding(isp, f"hears {prefix} with the path {' '.join(map(str, path)) or '(empty)'}", f"AS{own} alone")
        for prefix, path in sorted(paths.items())
        if set(path) != {own}
    )


def no_transit(leaked: Mapping[tuple[str, str], Set[str]]) -> tuple[Finding, ...]:
    """Nothing that one ISP announces reaches the other through the province: (from, to) → prefixes that did."""
    return tuple(
        Finding(f"{source} to {target}", f"{prefix} comes through the province", "nothing")
        for (source, target), prefixes in leaked.items()
        for prefix in sorted(prefixes)
    )


def filtered(border: str, accepted: Set[str], bad: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[Finding, ...]:
    """What a border has accepted of what its ISP has sent: none of ``bad`` (prefix → why), all of ``wanted``
    (prefix → what it is)."""
    return (
        *(Finding(border, f"accepts {prefix} ({why})", "dropped") for prefix, why in bad.items() if prefix in accepted),
        *(
            Finding(border, f"drops {prefix} ({what})", "accepted")
            for prefix, what in wanted.items()
            if prefix not in accepted
        ),
    )


ANCHORS = ("blackhole", "unreachable", "prohibit")


def anchored(router: str, block: str, kinds: Sequence[str]) -> tuple[Finding, ...]:
    """The block itself ends at the router: ``kinds`` are those of the kernel's routes to exactly it."""
    if len(kinds) == 1 and kinds[0] in ANCHORS:
        return ()
    return (Finding(router, f"{block} has {', '.join(kinds) or 'no route'} in the FIB", "one unreachable route"),)


def no_loop(where: str, answer: str, reason: str, crossings: Sequence[int]) -> tuple[Finding, ...]:
    """A packet to unused space of the province is dropped or refused: its hop limit does not run out, and none crosses
    the links to the ISPs more than once (RFC 6164 section 5.1). ``crossings`` counts them for each packet."""
    findings: list[Finding] = []
    if answer == "reply":
        findings.append(Finding(where, "unused space answers", "a refusal or silence"))
    if reason == LOOPED:
        findings.append(Finding(where, "the packet's hop limit runs out on the way", "a refusal or silence"))
    if crossings and max(crossings) > 1:
        findings.append(Finding(where, f"a packet crosses the ISPs' links {max(crossings)} times", "at most once"))
    return tuple(findings)


LOOPED = "hop limit exceeded"
"""As the echo probe says it."""
