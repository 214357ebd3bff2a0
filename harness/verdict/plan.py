"""Judges of the address plan and of the addresses in what is rendered from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from ipaddress import AddressValueError, IPv6Address, IPv6Interface, IPv6Network, ip_address

from harness.plan import derive, lint
from harness.plan.model import FAMILIES, Family, Network, Plan
from harness.verdict.decision import Decision
from harness.verdict.verdict import Finding

FORBIDDEN = {
    "site-local (RFC 3879)": IPv6Network("fec0::/10"),
    "6to4 (RFC 7526)": IPv6Network("2002::/16"),
    "v4-mapped": IPv6Network("::ffff:0:0/96"),
    "ULA (not planned)": IPv6Network("fc00::/7"),
}
LOW_HALF = (1 << 64) - 1
_WORD = re.compile(r"(?<![0-9A-Za-z:.])(?:[0-9A-Fa-f]{0,4}:){2,}[0-9A-Fa-f:.]*(?:/\d+)?(?![0-9A-Za-z:.])")
_FILTER = re.compile(r"prefix-list|bogon|deny|elements|drop|private-address", re.IGNORECASE)


def inside_block(plan: Plan) -> tuple[Finding, ...]:
    """The province's IPv6 block and the prefixes of its sites: inside it, on a nibble boundary."""
    own = plan.own(6)
    prefixes: list[tuple[str, Network]] = [("the block", own)]
    prefixes += [(f"site {site.name}", site.network6) for site in plan.sites.values() if derive.is_own(plan, site.name)]
    prefixes += [
        (f"LAN {lan.name}", lan.networks[6])
        for lan in plan.lans.values()
        if 6 in lan.networks and derive.is_own(plan, lan.site)
    ]
    findings: list[Finding] = []
    for where, network in prefixes:
        if not (isinstance(own, IPv6Network) and isinstance(network, IPv6Network) and network.subnet_of(own)):
            findings.append(Finding(where, f"{network} is outside {own}"))
        if network.prefixlen % 4:
            findings.append(Finding(where, f"/{network.prefixlen} is not on a nibble boundary"))
    return tuple(findings)


def planned(plan: Plan, addresses: Iterable[tuple[str, str]]) -> tuple[Finding, ...]:
    """Addresses with their prefix length, found on nodes (where, address/length): each in a prefix of the plan."""
    known: set[Network] = {network for lan in plan.lans.values() for network in lan.networks.values()}
    known |= {network for link in plan.links for network in link.networks.values()}
    loopbacks = {address for loop in plan.loopbacks.values() for address in loop.addresses.values()}
    return tuple(
        Finding(where, f"{text} is in no planned prefix")
        for where, text in addresses
        if (address := ip_address(text.split("/")[0])) not in loopbacks
        and not any(address in network for network in known if network.version == address.version)
    )


def lengths(held: Iterable[tuple[str, IPv6Interface]]) -> tuple[Finding, ...]:
    """Addresses on ports of LANs (where, address): of a /64, as hosts take it to be (RFC 4291 section 2.5.1)."""
    return tuple(
        Finding(where, f"{each} on a subnet with hosts", "a /64")
        for where, each in held
        if each.network.prefixlen != 64
    )


def link_addresses(held: Iterable[tuple[str, IPv6Interface]]) -> tuple[Finding, ...]:
    """Addresses on ports of router links (where, address): of a /127 whose low half is legal (RFC 6164 section 6)."""
    return tuple(finding for where, each in held for finding in _link_address(where, each))


def _link_address(where: str, held: IPv6Interface) -> Iterator[Finding]:
    if held.network.prefixlen != 127:
        yield Finding(where, f"{held} on a router link", "a /127")
    low = int(held.ip) & LOW_HALF
    if low == 0 or low > LOW_HALF - 128:
        yield Finding(where, f"{held} has a low half that RFC 6164 section 6 forbids", "another number")


def host_lans(plan: Plan) -> tuple[Finding, ...]:
    """Subnets with hosts are /64."""
    return _of_lint(lint.short_lans(plan))


def router_links(plan: Plan) -> tuple[Finding, ...]:
    """Router links are /127; their low half is neither zero nor in the reserved top (RFC 6164 section 6)."""
    return _of_lint(lint.links(plan))


def overlaps(plan: Plan) -> tuple[Finding, ...]:
    """No two prefixes of the plan overlap."""
    return _of_lint(lint.overlaps(plan))


@dataclass(frozen=True, slots=True)
class Subnets:
    """What a router's port carries: its networks by family. ``lan`` is the plan's name for it, empty if it has none;
    ``announced`` are families that the plan has there at another stage but not at this one."""

    node: str
    device: str
    networks: Mapping[Family, Sequence[Network]]
    lan: str = ""
    announced: frozenset[Family] = frozenset()

    @property
    def where(self) -> str:
        """How findings name it."""
        return f"{self.node} {self.device}"


def inventory(found: Sequence[Subnets], decided: Mapping[str, Decision], today: date) -> tuple[Finding, ...]:
    """Each IPv4 subnet has one /64 beside it and the reverse (RFC 7381 section 2.2.1), but where the plan announces
    the other family for another stage, or somebody has decided otherwise (LAN → decision) and answers for it."""
    return tuple(finding for each in found for finding in _parity(each, decided.get(each.lan), today))


def _parity(each: Subnets, decision: Decision | None, today: date) -> Iterator[Finding]:
    count = {family: len(each.networks.get(family, ())) for family in FAMILIES}
    for network in each.networks.get(6, ()):
        if network.prefixlen != 64:
            yield Finding(each.where, f"{network} beside an IPv4 subnet or alone", "a /64")
    if all(count.values()):
        if count[4] != count[6]:
            yield Finding(each.where, f"{count[4]} IPv4 and {count[6]} IPv6 subnets", "one /64 for each IPv4 subnet")
        if decision:
            yield Finding(each.where, f"{each.lan} has both families", "no exception for it in configs/exceptions.yml")
        return
    for family in FAMILIES:
        other: Family = 4 if family == 6 else 6
        if count[family] or not count[other] or family in each.announced:
            continue
        held = ", ".join(map(str, each.networks[other]))
        if decision is None:
            yield Finding(each.where, f"{held} without IPv{family}", "both families, or an exception with an owner")
        elif decision.until < today:
            yield Finding(each.where, f"{held} without IPv{family}: the exception ended on {decision.until}", "both")


def unused(plan: Plan, family: Family) -> Network:
    """The last /64 (IPv6) or address (IPv4) of the province's block that nothing in the plan uses."""
    own = plan.own(family)
    taken = [network for _, network in lint.prefixes(plan)]
    taken += [site.network6 for site in plan.sites.values()] if family == 6 else []
    size = 64 if family == 6 else 32
    last = int(own.broadcast_address) >> (own.max_prefixlen - size)
    for number in range(last, (int(own.network_address) >> (own.max_prefixlen - size)) - 1, -1):
        network = type(own)((number << (own.max_prefixlen - size), size))
        edge = family == 4 and network.network_address in (own.network_address, own.broadcast_address)
        if not edge and not any(network.version == each.version and network.overlaps(each) for each in taken):
            return network
    raise ValueError(f"all of {own} is in use")


def _of_lint(findings: Iterable[lint.Finding]) -> tuple[Finding, ...]:
    """What the plan's lint refuses before a lab is brought up is what the checks require: one rule, two uses."""
    return tuple(Finding(each.key, each.what, each.hint) for each in findings)


def literals(files: Mapping[str, str]) -> tuple[Finding, ...]:
    """IPv6 literals in configurations (name → text): canonical, and none that must not be used. Filters may name them."""
    return tuple(finding for name, text in files.items() for finding in _literals(name, text))


def _literals(name: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        for word in _WORD.findall(line):
            address = _parse(word.split("/")[0])
            if address is None:
                continue
            where = f"{name}:{number}"
            if str(address) != word.split("/")[0]:
                yield Finding(where, f"{word} is not canonical", str(address))
            if not _FILTER.search(line):
                for what, network in FORBIDDEN.items():
                    if address in network:
                        yield Finding(where, f"{word} is {what}")


def _parse(text: str) -> IPv6Address | None:
    try:
        return IPv6Address(text)
    except (AddressValueError, ValueError):
        return None
