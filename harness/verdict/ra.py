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
    if plan.sites[lan.site].zone == "isp":
        return (str(derive.gateway(lan, 6)),)
    if lan.dns64:
        return tuple(str(each.ip) for each in derive.dns64_resolvers(plan, stage).values())
    found = (derive.address(plan, name, 6, stage) for name in ("resolver1", "resolver2"))
    return tuple(str(each) for each in found if each is not None)


def as_planned(where: str, lan: Lan, seen: Advertised, dns: Sequence[str], shortest: float) -> tuple[Finding, ...]:
    """One advertisement against the plan. ``shortest`` is 3 × MaxRtrAdvInterval in seconds: nothing that hosts need may
    end before two advertisements in a row are lost (RFC 4861 section 6.2.1, RFC 8106 section 5.1)."""
    return (*_flags(where, lan, seen), *_prefixes(where, lan, seen), *_lifetimes(where, seen, dns, shortest))


def _flags(where: str, lan: Lan, seen: Advertised) -> Iterator[Finding]:
    wanted = {
        "M": (seen.managed, lan.ra == "stateful"),
        "O": (seen.other, lan.ra in ("stateful", "stateless")),
        "PREF64": (bool(seen.pref64), lan.dns64),
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
