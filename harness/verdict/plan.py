"""Judges of the address plan and of the addresses in what is rendered from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import AddressValueError, IPv6Address, IPv6Network, ip_address

from harness.plan.model import FAMILIES, Network, Plan
from harness.verdict.verdict import Finding

FORBIDDEN = {
    "site-local (RFC 3879)": IPv6Network("fec0::/10"),
    "6to4 (RFC 7526)": IPv6Network("2002::/16"),
    "v4-mapped": IPv6Network("::ffff:0:0/96"),
    "ULA (not planned)": IPv6Network("fc00::/7"),
}
_WORD = re.compile(r"(?<![0-9A-Za-z:.])(?:[0-9A-Fa-f]{0,4}:){2,}[0-9A-Fa-f:.]*(?:/\d+)?(?![0-9A-Za-z:.])")
_FILTER = re.compile(r"prefix-list|bogon|deny|elements|drop|private-address", re.IGNORECASE)


def inside_block(plan: Plan) -> tuple[Finding, ...]:
    """IPv6 prefixes of the province's sites: inside its block, on a nibble boundary."""
    own = plan.own(6)
    prefixes: list[tuple[str, Network]] = [
        (f"site {site.name}", site.network6) for site in plan.sites.values() if _announced(plan, site.name)
    ]
    prefixes += [
        (f"LAN {lan.name}", lan.networks[6])
        for lan in plan.lans.values()
        if 6 in lan.networks and _announced(plan, lan.site)
    ]
    findings: list[Finding] = []
    for where, network in prefixes:
        if not (isinstance(own, IPv6Network) and isinstance(network, IPv6Network) and network.subnet_of(own)):
            findings.append(Finding(where, f"{network} is outside {own}"))
        if network.prefixlen % 4:
            findings.append(Finding(where, f"/{network.prefixlen} is not on a nibble boundary"))
    return tuple(findings)


def _announced(plan: Plan, site: str) -> bool:
    return plan.blocks[plan.sites[site].block].announced


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


def host_lans(plan: Plan) -> tuple[Finding, ...]:
    """Subnets with hosts are /64."""
    return tuple(
        Finding(f"LAN {lan.name}", f"{lan.networks[6]} is a /{lan.networks[6].prefixlen}", "/64")
        for lan in plan.lans.values()
        if 6 in lan.networks and lan.networks[6].prefixlen != 64
    )


def router_links(plan: Plan) -> tuple[Finding, ...]:
    """Router links are /127; their low half is neither zero nor in the reserved top (RFC 6164 section 6)."""
    findings: list[Finding] = []
    for link in plan.links:
        network, where = link.networks[6], f"link {link.a}–{link.b}"
        if network.prefixlen != 127:
            findings.append(Finding(where, f"{network} is a /{network.prefixlen}", "/127"))
        for address in (network[0], network[-1]):
            low = int(address) & ((1 << 64) - 1)
            if low == 0 or low >= (1 << 64) - 128:
                findings.append(Finding(where, f"{address} is reserved on a router link"))
    return tuple(findings)


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


def overlaps(prefixes: Iterable[tuple[str, Network]]) -> tuple[Finding, ...]:
    """No two prefixes (name, prefix) overlap."""
    known = list(prefixes)
    return tuple(
        Finding(other, f"{b} overlaps {a} of {one}")
        for index, (one, a) in enumerate(known)
        for other, b in known[index + 1 :]
        if a.version == b.version and a.overlaps(b)
    )


def lan_prefixes(plan: Plan) -> list[tuple[str, Network]]:
    """All LANs and pools by name."""
    found = [
        (f"LAN {lan.name}", lan.networks[family])
        for lan in plan.lans.values()
        for family in FAMILIES
        if family in lan.networks
    ]
    return found + [
        (f"pool {pool.name}", network) for pool in plan.pools.values() for network in pool.networks.values()
    ]
