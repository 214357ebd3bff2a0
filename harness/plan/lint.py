"""What a plan must hold before anything is rendered from it. Pure: the plan in, findings out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from harness.errors import WrongInput
from harness.plan import derive
from harness.plan.model import FAMILIES, Lan, Network, Plan


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: the key path in the plan, what, and what to do."""

    key: str
    what: str
    hint: str


def lint(plan: Plan) -> tuple[Finding, ...]:
    """All findings of a plan; none is a sound plan."""
    return (
        *overlaps(plan),
        *_outside(plan),
        *short_lans(plan),
        *_numbers(plan),
        *links(plan),
        *_one_block(plan),
        *_services(plan),
    )


def check(plan: Plan) -> None:
    """Raise ``WrongInput`` for the first finding, naming how many there are."""
    findings = lint(plan)
    if findings:
        first = findings[0]
        more = f" (and {len(findings) - 1} more: v6lab plan lint)" if len(findings) > 1 else ""
        raise WrongInput(
            first.what + more, where=plan.file, line=line_of(plan, first.key), key=first.key, hint=first.hint
        )


def line_of(plan: Plan, key: str) -> int | None:
    """The line of a key path, or of the nearest part of it that the file has."""
    while key and key not in plan.lines:
        key = key.rpartition(".")[0] if "." in key else ""
    return plan.lines.get(key)


def _prefixes(plan: Plan) -> list[tuple[str, Network]]:
    """Every prefix that stands beside the others: LANs, pools, translators, NAT ranges."""
    found: list[tuple[str, Network]] = []
    for family in FAMILIES:
        found += [(f"lans.{lan.name}", lan.networks[family]) for lan in plan.lans.values() if family in lan.networks]
        found += [(f"pools.{pool.name}", pool.networks[family]) for pool in plan.pools.values()]
    found += [(f"nat64.{nat.operator}", nat.prefix) for nat in plan.nat64.values()]
    found += [(f"nat64.{nat.operator}", nat.outside) for nat in plan.nat64.values() if nat.outside]
    found += [(f"nat44.{node}", network) for node, network in plan.nat44.items()]
    return found


def overlaps(plan: Plan) -> Iterator[Finding]:
    """No two prefixes that stand beside each other overlap, nor do blocks."""
    for (one, a), (other, b) in combinations(_prefixes(plan), 2):
        if a.version == b.version and a.overlaps(b):
            yield Finding(other, f"{b} overlaps {a} of {one}", "give one of them another number or range")
    blocks = [(name, network) for name, block in plan.blocks.items() for network in block.networks.values()]
    for (one, a), (other, b) in combinations(blocks, 2):
        if a.version == b.version and a.overlaps(b):
            yield Finding(f"blocks.{other}", f"{b} overlaps {a} of blocks.{one}", "blocks must be apart")


def _outside(plan: Plan) -> Iterator[Finding]:
    """IPv4 ranges of a site belong to its block, or to the province's private one."""
    for lan in plan.lans.values():
        network = lan.networks.get(4)
        if network is None:
            continue
        block = plan.blocks[plan.sites[lan.site].block]
        allowed = [block.networks[4]] if 4 in block.networks else []
        if block.announced and "private" in plan.blocks:
            allowed.append(plan.blocks["private"].networks[4])
        if not any(network.network_address in parent for parent in allowed):
            yield Finding(
                f"lans.{lan.name}.range",
                f"{network} is not {block.title}'s",
                "take it from " + " or ".join(map(str, allowed)),
            )


def short_lans(plan: Plan) -> Iterator[Finding]:
    """Subnets with hosts are /64 (RFC 7421)."""
    for lan in plan.lans.values():
        for family, network in lan.networks.items():
            if family == 6 and network.prefixlen != 64:
                yield Finding(f"lans.{lan.name}", f"{network} is not a /64 (RFC 7421)", "give the LAN a /64")


def _numbers(plan: Plan) -> Iterator[Finding]:
    for lan in plan.lans.values():
        yield from _numbers_of(lan)
    taken: dict[tuple[str, int], str] = {}
    for index, link in enumerate(plan.links):
        first = taken.setdefault((link.pool, link.number), f"{link.a}–{link.b}")
        if first != f"{link.a}–{link.b}":
            yield Finding(
                f"links[{index}].number", f"number {link.number} of pool {link.pool} is {first}'s", "use another"
            )


def _numbers_of(lan: Lan) -> Iterator[Finding]:
    everyone = [(f"gateways.{node}", number) for node, number in lan.gateways.items()]
    everyone += [(f"hosts.{node}", number) for node, number in lan.hosts.items() if number is not None]
    if lan.virtual is not None and len(lan.gateways) > 1:
        everyone.append(("virtual", lan.virtual))
    seen: dict[int, str] = {}
    for key, number in everyone:
        if first := seen.get(number):
            yield Finding(
                f"lans.{lan.name}.{key}", f"host number {number} is {first.split('.')[-1]}'s already", "use another"
            )
        seen.setdefault(number, key)
        for network in lan.networks.values():
            address = derive.host_address(network, number)
            if address not in network or (network.version == 4 and address == network.broadcast_address):
                yield Finding(
                    f"lans.{lan.name}.{key}", f"host number {number} lies outside {network}", "use a smaller one"
                )
    if not lan.gateways:
        yield Finding(f"lans.{lan.name}.gateways", "no gateway", "name a router and its host number")
    if len(lan.gateways) > 1 and lan.virtual is None:
        yield Finding(f"lans.{lan.name}.gateways", "two gateways and no virtual address", "add `virtual:`")


def links(plan: Plan) -> Iterator[Finding]:
    """Router links are /127; of each, by RFC 6164 section 6: never the all-zero low half, never the highest 128 of the subnet."""
    for index, link in enumerate(plan.links):
        if link.networks[6].prefixlen != 127:
            yield Finding(f"links[{index}]", f"{link.networks[6]} is not a /127", "router links are /127 (RFC 6164)")
        for address in link.networks[6]:
            low = int(address) & ((1 << 64) - 1)
            if low == 0 or low >= (1 << 64) - 128:
                yield Finding(
                    f"links[{index}].number",
                    f"{address} may not be used on a router link (RFC 6164 section 6)",
                    "number links from 1",
                )


def _one_block(plan: Plan) -> Iterator[Finding]:
    announced = [name for name, block in plan.blocks.items() if block.announced]
    if len(announced) != 1:
        yield Finding(
            "blocks", f"{len(announced)} blocks are announced, not one", "mark the province's own block alone"
        )


def _services(plan: Plan) -> Iterator[Finding]:
    hosts = {host for lan in plan.lans.values() for host in lan.hosts}
    for index, service in enumerate(plan.services):
        if service.node not in hosts:
            yield Finding(f"services[{index}].node", f"no LAN has a host {service.node!r}", "add it to a LAN")


def sort(findings: Sequence[Finding], plan: Plan) -> list[Finding]:
    """Findings in the order of the file's lines."""
    return sorted(findings, key=lambda finding: (line_of(plan, finding.key) or 0, finding.key))
