"""Judges of the address plan and of the addresses in what is rendered from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import AddressValueError, IPv6Address, IPv6Network, ip_address

from harness.plan import derive, lint
from harness.plan.model import Network, Plan
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
        (f"site {site.name}", site.network6) for site in plan.sites.values() if derive.is_own(plan, site.name)
    ]
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


def host_lans(plan: Plan) -> tuple[Finding, ...]:
    """Subnets with hosts are /64."""
    return _of_lint(lint.short_lans(plan))


def router_links(plan: Plan) -> tuple[Finding, ...]:
    """Router links are /127; their low half is neither zero nor in the reserved top (RFC 6164 section 6)."""
    return _of_lint(lint.links(plan))


def overlaps(plan: Plan) -> tuple[Finding, ...]:
    """No two prefixes of the plan overlap."""
    return _of_lint(lint.overlaps(plan))


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
