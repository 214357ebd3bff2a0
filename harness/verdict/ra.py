"""Judges of router advertisements: what a LAN hears is what the plan says, and lasts long enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.plan import derive
from harness.plan.model import Lan, Plan
from harness.verdict.verdict import Finding

LONGEST_ROUTER_LIFETIME = 9000
"""Seconds, RFC 4861 section 6.2.1."""


@dataclass(frozen=True, slots=True)
class Advertised:
    """What an advertisement says, or what the plan wants it to say. ``prefixes`` maps prefix → (L, A, valid, preferred),
    ``resolvers`` address → lifetime; lifetimes in seconds; ``pref64`` holds translator prefixes."""

    managed: bool
    other: bool
    preference: str
    router_lifetime: int
    mtu: int
    prefixes: Mapping[str, tuple[bool, bool, int, int]]
    resolvers: Mapping[str, int]
    pref64: tuple[str, ...] = ()


def resolvers(plan: Plan, lan: Lan, stage: str) -> tuple[str, ...]:
    """Who resolves names for the hosts of a LAN over IPv6: an ISP's own gateway, DNS64, or the data centre's."""
    return tuple(map(str, derive.resolvers(plan, lan, 6, stage)))


def as_planned(
    where: str, lan: Lan, seen: Advertised, dns: Sequence[str], shortest: float, *, translated: bool
) -> tuple[Finding, ...]:
    """One advertisement against the plan. ``translated`` says whether its hosts need NAT64. ``shortest`` is
    3 × MaxRtrAdvInterval in seconds: nothing that hosts need may end before two advertisements in a row are lost
    (RFC 4861 section 6.2.1, RFC 8106 section 5.1)."""
    return (
        *_flags(where, lan, seen, translated),
        *_prefixes(where, lan, seen),
        *_lifetimes(where, seen, dns, shortest),
    )


def _flags(where: str, lan: Lan, seen: Advertised, translated: bool) -> Iterator[Finding]:
    wanted = {
        "M": (seen.managed, lan.ra == "stateful"),
        "O": (seen.other, lan.ra in ("stateful", "stateless")),
        "PREF64": (bool(seen.pref64), translated),
    }
    for name, (found, planned) in wanted.items():
        if found != planned:
            yield Finding(where, f"{name} is {'set' if found else 'not set'}", "set" if planned else "not set")
    if seen.preference != "medium":
        yield Finding(where, f"router preference {seen.preference}", "medium")
    if not 1280 <= seen.mtu <= 1500:
        yield Finding(where, f"MTU option {seen.mtu or 'missing'}", "1280 to 1500")


def _prefixes(where: str, lan: Lan, seen: Advertised) -> Iterator[Finding]:
    planned = str(lan.networks[6])
    if set(seen.prefixes) != {planned}:
        yield Finding(where, f"prefixes {', '.join(sorted(seen.prefixes)) or 'none'}", planned)
    for prefix, (on_link, autonomous, valid, preferred) in seen.prefixes.items():
        if not on_link or autonomous != (lan.ra != "stateful"):
            yield Finding(where, f"{prefix}: L={on_link:d} A={autonomous:d}", f"L=1 A={lan.ra != 'stateful':d}")
        if not 0 < preferred <= valid:
            yield Finding(where, f"{prefix}: preferred {preferred} s, valid {valid} s", "0 < preferred <= valid")


def _lifetimes(where: str, seen: Advertised, dns: Sequence[str], shortest: float) -> Iterator[Finding]:
    if not shortest <= seen.router_lifetime <= LONGEST_ROUTER_LIFETIME:
        yield Finding(
            where, f"router lifetime {seen.router_lifetime} s", f"{shortest:.0f} to {LONGEST_ROUTER_LIFETIME} s"
        )
    if set(seen.resolvers) != set(dns):
        yield Finding(where, f"resolvers {', '.join(sorted(seen.resolvers)) or 'none'}", ", ".join(dns))
    for address, lifetime in seen.resolvers.items():
        if lifetime < shortest:
            yield Finding(where, f"resolver {address} for {lifetime} s", f"at least {shortest:.0f} s")


def learned(where: str, seen: Advertised | None, used: Mapping[str, str], shortest: float) -> tuple[Finding, ...]:
    """A host has a resolver over IPv6 that answers, and will keep it. ``used`` maps each IPv6 resolver that it really
    has to what came back (a response code, or the probe's answer). One known from advertisements alone is kept as long
    as one of three in a row arrives in its lifetime: ``shortest`` is 3 × MaxRtrAdvInterval (RFC 8106 section 5.1)."""
    return tuple(_learned(where, seen, used, shortest))


def _learned(where: str, seen: Advertised | None, used: Mapping[str, str], shortest: float) -> Iterator[Finding]:
    if not used:
        yield Finding(where, "the host knows no resolver over IPv6", "at least one")
    for address, said in used.items():
        if said != "NOERROR":
            yield Finding(where, f"resolver {address} answers {said}", "NOERROR")
    if seen is None:
        yield Finding(where, "no advertisement after a solicitation", "one")
        return
    by_dhcp = seen.managed or seen.other
    if not seen.resolvers and not by_dhcp:
        yield Finding(where, "the advertisement names no resolver and points to no DHCPv6", "one or the other")
    for address in used:
        if address not in seen.resolvers and not by_dhcp:
            yield Finding(where, f"resolver {address} is no longer advertised", ", ".join(seen.resolvers) or "one")
    for address, lifetime in seen.resolvers.items():
        if lifetime < shortest:
            yield Finding(where, f"resolver {address} for {lifetime} s", f"at least {shortest:.0f} s")
