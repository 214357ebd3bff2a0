"""The plan as tables of text, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network

from harness.plan.model import FAMILIES, Family, Lan, Network, Plan, PlanLink, Span

Row = tuple[str, ...]
Shown = tuple[str, tuple[str, ...], list[Row]]


def tables(plan: Plan) -> Iterator[Shown]:
    """Title, column heads and rows of each table."""
    yield "Blocks", ("block", "IPv6", "IPv4", "who", "sites used", "in reserve"), [*_blocks(plan)]
    yield "LANs", ("LAN", "site", "IPv6", "since", "IPv4", "since", "hosts learn by", "nodes"), [*_lans(plan)]
    yield "Router links", ("link", "pool", "IPv6", "IPv4", "cost", "IPv6 since"), [*_links(plan)]
    yield "Stages", ("stage", "item", "Tiếng Việt", "English"), [(s.name, s.item, s.vi, s.en) for s in plan.stages]


def _blocks(plan: Plan) -> Iterator[Row]:
    for block in plan.blocks.values():
        network = block.networks.get(6)
        sites = [site for site in plan.sites.values() if site.block == block.name]
        total = 1 << (48 - network.prefixlen) if isinstance(network, IPv6Network) else 0
        used = f"{len(sites)} of {total} /48" if total else ""
        left = f"{100 * (total - len(sites)) / total:.1f} %" if total else ""
        if not total and isinstance(block.networks.get(4), IPv4Network):
            used, left = _share4(plan, block.networks[4])  # type: ignore[arg-type]
        yield (block.name, _text(block.networks, 6), _text(block.networks, 4), block.title, used, left)


def _share4(plan: Plan, parent: IPv4Network) -> tuple[str, str]:
    inside = [lan.networks[4] for lan in plan.lans.values() if 4 in lan.networks]
    inside += [pool.networks[4] for pool in plan.pools.values()]
    size = sum(net.num_addresses for net in inside if net.network_address in parent)
    return f"{size} of {parent.num_addresses} addresses", f"{100 - 100 * size / parent.num_addresses:.1f} %"


def _text(networks: Mapping[Family, Network], family: Family) -> str:
    return str(networks[family]) if family in networks else "–"


def _span(span: Span | None) -> str:
    if span is None or span.since is None:
        return "–"
    return span.since + (f" until {span.until}" if span.until else "")


def _lans(plan: Plan) -> Iterator[Row]:
    for lan in plan.lans.values():
        yield (
            lan.name,
            plan.sites[lan.site].title,
            _text(lan.networks, 6),
            _span(lan.spans.get(6)),
            _text(lan.networks, 4),
            _span(lan.spans.get(4)),
            _learn(lan),
            ", ".join((*lan.gateways, *lan.hosts)),
        )


def _learn(lan: Lan) -> str:
    words = {"none": "static", "slaac": "SLAAC", "stateless": "SLAAC + DHCPv6", "stateful": "DHCPv6"}
    return words[lan.ra] + (" + DNS64" if lan.dns64 else "")


def _links(plan: Plan) -> Iterator[Row]:
    link: PlanLink
    for link in plan.links:
        nets = [_text(link.networks, family) for family in reversed(FAMILIES)]
        cost = "eBGP" if link.ebgp else str(link.cost or "–")
        yield (f"{link.a} – {link.b}", link.pool, *nets, cost, _span(link.spans.get(6)))
