"""The plan as tables of text, for people: what is used, what is left, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from harness.plan import derive
from harness.plan.model import Block, Family, Lan, Network, Plan, PlanLink, Pool, Span
from harness.plan.prefixes import prefixes

Row = tuple[str, ...]
NONE = "–"


@dataclass(frozen=True, slots=True)
class Column:
    """A head, and how soon the column may be left out where there is no room: 0 never, then the highest first."""

    head: str
    spare: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """A table: its title, columns, and rows of as many cells."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def fitting(self, width: int, gap: int = 2) -> Shown:
        """The same without the columns that there is no room for in ``width`` characters."""
        kept = list(range(len(self.columns)))
        while self._width(kept, gap) > width and (spare := [n for n in kept if self.columns[n].spare]):
            kept.remove(max(spare, key=lambda n: self.columns[n].spare))
        return Shown(
            self.title, tuple(self.columns[n] for n in kept), tuple(tuple(row[n] for n in kept) for row in self.rows)
        )

    def width(self, gap: int = 2) -> int:
        """How many characters the widest line has."""
        return self._width(range(len(self.columns)), gap)

    def _width(self, kept: Iterable[int], gap: int) -> int:
        each = [max(len(self.columns[n].head), *(len(row[n]) for row in self.rows), 0) for n in kept]
        return sum(each) + gap * (len(each) - 1)


def tables(plan: Plan) -> Iterator[Shown]:
    """The tables of a plan, from the largest prefixes to the smallest."""
    yield _table(
        "Blocks: IPv6", "block", "prefix", "/48 used", "in reserve", "next free", ("who", 1), rows=_blocks6(plan)
    )
    yield _table(
        "Blocks: IPv4", "block", "prefix", "used", "in reserve", "largest free", ("who", 1), rows=_blocks4(plan)
    )
    yield _table("Sites", "site", "IPv6", "LANs", ("IPv4", 2), ("what", 1), rows=_sites(plan))
    yield _table(
        "LANs", "LAN", "IPv6", "on", "IPv4", "on ", ("room", 2), ("hosts learn by", 3), ("nodes", 4), rows=_lans(plan)
    )
    yield _table("Pools", "pool", "IPv6", "IPv4", "links", ("loopbacks", 1), ("free", 2), rows=_pools(plan))
    yield _table("Router links", "link", "IPv6", "on", "IPv4", "cost", ("pool", 1), rows=_links(plan))
    yield _table("Translators", "translator", "IPv6", "IPv4", ("serves", 1), rows=_translators(plan))
    yield _table(
        "Stages",
        "stage",
        "item",
        "Tiếng Việt",
        ("English", 1),
        rows=((s.name, s.item, s.vi, s.en) for s in plan.stages),
    )


def _table(title: str, *columns: str | tuple[str, int], rows: Iterable[Row]) -> Shown:
    heads = (Column(each) if isinstance(each, str) else Column(*each) for each in columns)
    return Shown(title, tuple(heads), tuple(rows))


def _blocks6(plan: Plan) -> Iterator[Row]:
    for block in plan.blocks.values():
        network = block.networks.get(6)
        if not isinstance(network, IPv6Network):
            continue
        total = 1 << (48 - network.prefixlen)
        taken = {int(site.network6.network_address) for site in plan.sites.values() if site.block == block.name}
        start = int(network.network_address)
        free = next((n for n in range(total) if start + (n << 80) not in taken), None)
        next_free = str(IPv6Network((start + (free << 80), 48))) if free is not None else NONE
        yield (
            block.name,
            str(network),
            f"{len(taken)} of {total}",
            _percent(total - len(taken), total),
            next_free,
            block.title,
        )


def _blocks4(plan: Plan) -> Iterator[Row]:
    for block in plan.blocks.values():
        network = block.networks.get(4)
        if isinstance(network, IPv4Network):
            yield block.name, str(network), *_use4(plan, block, network), block.title


def _use4(plan: Plan, block: Block, parent: IPv4Network) -> Iterator[str]:
    inside = [net for _, net in prefixes(plan) if isinstance(net, IPv4Network) and net.subnet_of(parent)]
    left = free4(parent, inside)
    size = sum(net.num_addresses for net in left)
    yield f"{parent.num_addresses - size} of {parent.num_addresses}"
    yield _percent(size, parent.num_addresses)
    yield str(min(left, key=lambda net: (net.prefixlen, int(net.network_address)))) if left else NONE


def free4(parent: IPv4Network, taken: Iterable[IPv4Network]) -> tuple[IPv4Network, ...]:
    """What is left of ``parent``, in the largest ranges that there are."""
    left = [parent]
    for net in collapse_addresses(taken):
        left = [part for each in left for part in _without(each, net)]
    return tuple(sorted(collapse_addresses(left)))


def _without(whole: IPv4Network, part: IPv4Network) -> Iterable[IPv4Network]:
    if whole.subnet_of(part):
        return ()
    return whole.address_exclude(part) if part.subnet_of(whole) else (whole,)


def _percent(part: int, whole: int) -> str:
    text = f"{100 * part / whole:.1f} %"
    return "> 99.9 %" if part < whole and text == "100.0 %" else text


def _sites(plan: Plan) -> Iterator[Row]:
    for site in plan.sites.values():
        lans = [lan for lan in plan.lans.values() if lan.site == site.name]
        nets4 = [str(lan.networks[4]) for lan in lans if 4 in lan.networks]
        yield site.name, str(site.network6), str(len(lans) or NONE), ", ".join(nets4) or NONE, site.title


def _text(networks: Mapping[Family, Network], family: Family) -> str:
    return str(networks[family]) if family in networks else NONE


def _span(plan: Plan, span: Span | None) -> str:
    """``31`` is from 31-datacentre on, ``00–40`` from 00-baseline until (without) 40-ipv6-only."""
    if span is None or span.since is None:
        return NONE
    return short(plan, span.since) + (f"–{short(plan, span.until)}" if span.until else "")


def short(plan: Plan, stage: str) -> str:
    """A stage's number, where that is enough to tell it from the others."""
    number = stage.partition("-")[0]
    return number if [name.partition("-")[0] for name in plan.stage_names()].count(number) == 1 else stage


def _lans(plan: Plan) -> Iterator[Row]:
    for lan in plan.lans.values():
        yield (
            lan.name,
            _text(lan.networks, 6),
            _span(plan, lan.spans.get(6)),
            _text(lan.networks, 4),
            _span(plan, lan.spans.get(4)),
            _room(lan),
            _learn(lan),
            " ".join((*lan.gateways, *(_host(plan, lan, host) for host in lan.hosts))),
        )


def _host(plan: Plan, lan: Lan, host: str) -> str:
    """``portal (IPv6: 31)`` has IPv6 later than its LAN, from 31-datacentre on."""
    late = ", ".join(f"IPv{family}: {short(plan, hosts[host])}" for family, hosts in lan.later.items() if host in hosts)
    return f"{host} ({late})" if late else host


def _room(lan: Lan) -> str:
    """How many of the IPv4 hosts that fit are planned."""
    count = len(lan.gateways) + len(lan.hosts) + (lan.virtual is not None and len(lan.gateways) > 1)
    return f"{count} of {lan.networks[4].num_addresses - 2}" if 4 in lan.networks else str(count)


def _learn(lan: Lan) -> str:
    words = {"none": "static", "slaac": "SLAAC", "stateless": "SLAAC, DHCPv6", "stateful": "DHCPv6"}
    return words[lan.ra] + (", DNS64" if lan.dns64 else "")


def _pools(plan: Plan) -> Iterator[Row]:
    for pool in plan.pools.values():
        links = [link for link in plan.links if link.pool == pool.name]
        loopbacks = [each for each in plan.loopbacks.values() if each.pool == pool.name]
        yield (
            pool.name,
            _text(pool.networks, 6),
            _text(pool.networks, 4),
            str(len(links) or NONE),
            str(len(loopbacks) or NONE),
            _left(pool, links, len(loopbacks)),
        )


def _left(pool: Pool, links: list[PlanLink], loopbacks: int) -> str:
    """How many more links, or loopbacks where there are no links, fit in IPv4. Number 0 is not used."""
    size = pool.networks[4].num_addresses
    return (
        f"{size // 2 - 1 - len(links) - (loopbacks + 1) // 2} links" if links else f"{size - 1 - loopbacks} loopbacks"
    )


def _links(plan: Plan) -> Iterator[Row]:
    for link in plan.links:
        cost = "eBGP" if link.ebgp else str(link.cost or NONE)
        yield (
            f"{link.a} – {link.b}",
            _text(link.networks, 6),
            _span(plan, link.spans.get(6)),
            _text(link.networks, 4),
            cost,
            link.pool,
        )


def _translators(plan: Plan) -> Iterator[Row]:
    for nat in plan.nat64.values():
        last = plan.stage_names()[-1]
        served = [
            lan.name
            for lan in plan.lans.values()
            if derive.nat64_of(plan, lan) is nat
            and any(derive.translated(plan, lan, each) for each in plan.stage_names())
        ]
        outside = str(nat.outside) if nat.outside else str(derive.address(plan, nat.node, 4, last) or NONE)
        yield f"NAT64 {nat.node}", str(nat.prefix), outside, " ".join(served)
    for node, network in plan.nat44.items():
        yield f"NAT44 {node}", NONE, str(network), "private IPv4"


def legend(plan: Plan) -> str:
    """What the short forms in the tables mean."""
    last = plan.stage_names()[-1]
    return f"on: the stage from which the family is on; {short(plan, plan.stage_names()[0])}–{short(plan, last)}: until, and not at, {last}"
