"""Judges of interfaces: planned addresses are there and clean, routers forward, servers learn nothing from strangers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Interface, IPv6Network

from harness.verdict.verdict import Finding

LINK_LOCAL = IPv6Network("fe80::/64")
"""RFC 4291 section 2.5.6: the only link-local prefix that is used."""
UNCLEAN = ("tentative", "dadfailed")


@dataclass(frozen=True, slots=True)
class Held:
    """An IPv6 address on an interface, with its length and the kernel's flags."""

    interface: IPv6Interface
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """An interface that has IPv6: its static address, or the prefix in which it finds one itself (``None``: static).

    ``detection`` is (accept_dad, dad_transmits) as the kernel has them, ``None`` where it has no such setting.
    """

    node: str
    device: str
    address: IPv6Interface | None
    prefix: IPv6Network
    held: tuple[Held, ...]
    detection: tuple[int | None, int | None]

    @property
    def where(self) -> str:
        """How findings name it."""
        return f"{self.node} {self.device}"


def clean(interfaces: Sequence[Planned]) -> tuple[Finding, ...]:
    """Global address present, one fe80::/64, nothing tentative or duplicate, detection on (RFC 4862 section 5.4)."""
    return tuple(finding for each in interfaces for finding in _clean(each))


def _clean(each: Planned) -> Iterator[Finding]:
    held = [one.interface for one in each.held]
    if each.address is not None and each.address not in held:
        yield Finding(each.where, "the planned address is not there", str(each.address))
    if each.address is None and not any(one.ip in each.prefix for one in held):
        yield Finding(each.where, "no address in the LAN's prefix", str(each.prefix))
    local = [one for one in held if one.ip.is_link_local]
    if len(local) != 1 or local[0].network != LINK_LOCAL:
        yield Finding(
            each.where, f"link-local addresses: {', '.join(map(str, local)) or 'none'}", f"one in {LINK_LOCAL}"
        )
    for one in each.held:
        if bad := [flag for flag in one.flags if flag in UNCLEAN]:
            yield Finding(each.where, f"{one.interface.ip} is {' and '.join(bad)}")
    for name, value in zip(("accept_dad", "dad_transmits"), each.detection, strict=True):
        if not value or value < 1:
            yield Finding(each.where, f"{name} is {value}", "at least 1")


def unique(owners: Mapping[str, Sequence[IPv6Interface]], shared: frozenset[str]) -> tuple[Finding, ...]:
    """No global address on two nodes but the planned virtual ones (``shared``)."""
    nodes: dict[str, set[str]] = defaultdict(set)
    for node, held in owners.items():
        for each in held:
            if not each.ip.is_link_local and not each.ip.is_loopback:
                nodes[str(each.ip)].add(node)
    return tuple(
        Finding(address, f"is on {', '.join(sorted(found))}", "one node alone")
        for address, found in sorted(nodes.items())
        if len(found) > 1 and address not in shared
    )


def forwards(router: str, forwarding: str | None, accept_ra: Mapping[str, str | None]) -> tuple[Finding, ...]:
    """A router forwards and learns from no advertisement; ``accept_ra`` is by interface."""
    found: tuple[Finding, ...] = (
        () if forwarding == "1" else (Finding(router, f"net.ipv6.conf.all.forwarding is {forwarding}", "1"),)
    )
    return found + _zero(router, "accept_ra", accept_ra)


def stays_host(
    server: str, forwarding: str | None, accept_ra: str | None, autoconf: str | None, defaults: int
) -> tuple[Finding, ...]:
    """A static server neither forwards nor listens to advertisements, and has one way out."""
    found: tuple[Finding, ...] = (
        () if forwarding == "0" else (Finding(server, f"net.ipv6.conf.all.forwarding is {forwarding}", "0"),)
    )
    found += _zero(server, "accept_ra", {"eth1": accept_ra}) + _zero(server, "autoconf", {"eth1": autoconf})
    if defaults != 1:
        found += (Finding(server, f"{defaults} IPv6 default routes", "exactly one"),)
    return found


def relearned(where: str, after: Mapping[str, float | None], most: float) -> tuple[Finding, ...]:
    """What a host has again after its link came up: what → seconds from carrier, ``None`` if it did not come
    (RFC 4861 section 10: solicitation 1 s, advertisement 0.5 s; RFC 4862: detection 1 to 2 s)."""
    return tuple(
        Finding(where, f"{what} {'not at all' if seconds is None else f'after {seconds:.1f} s'}", f"in {most:.0f} s")
        for what, seconds in after.items()
        if seconds is None or seconds > most
    )


def _zero(node: str, name: str, values: Mapping[str, str | None]) -> tuple[Finding, ...]:
    return tuple(
        Finding(f"{node} {device}", f"{name} is {value}", "0") for device, value in values.items() if value != "0"
    )
