"""Reading ``configs/plan.yml``: every mistake is told with file, line and key."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from harness.plan.model import (
    FAMILIES,
    Asn,
    Block,
    Family,
    Lan,
    Loopback,
    Nat64,
    Network,
    Plan,
    PlanLink,
    Pool,
    Service,
    Site,
    Stage,
)
from harness.plan.range4 import range4
from harness.plan.section import Section, read_sections
from harness.plan.since import LATER_KEYS, SPAN_KEYS, Stages, later, spans

TOP_KEYS = frozenset(
    [
        "blocks",
        "asns",
        "domain",
        "keys",
        "stages",
        "sites",
        "pools",
        "loopbacks",
        "links",
        "lans",
        "nat64",
        "nat44",
        "services",
    ]
)

ZONES = ("dc", "tslcd", "agency", "isp", "world", "level1")
SOURCES = ("internet", "agency", "wired", "dc", "level1")
"""What a site's ``zone`` and a service's ``from`` may say."""


def load(path: Path) -> Plan:
    """Read the plan. Raises ``WrongInput`` with file, line and key for anything that cannot be understood."""
    root = read_sections(path)
    root.only(TOP_KEYS)
    return _plan(path, root)


def _plan(path: Path, root: Section) -> Plan:
    stages = tuple(_stage(entry) for entry in root.list("stages"))
    if not stages:
        raise root.wrong("there is no stage", "add `stages:` with at least the baseline")
    names = tuple(stage.name for stage in stages)
    blocks = {name: _block(name, entry) for name, entry in root.items("blocks")}
    sites = {name: _site(name, entry, blocks) for name, entry in root.items("sites")}
    pools = {name: _pool(name, entry, sites, blocks) for name, entry in root.items("pools")}
    return Plan(
        file=path,
        domain=root.text("domain"),
        keys=root.text("keys"),
        blocks=blocks,
        asns={name: _asn(name, entry) for name, entry in root.items("asns")},
        stages=stages,
        sites=sites,
        pools=pools,
        loopbacks=_loopbacks(root, pools),
        links=tuple(_link(entry, pools, names) for entry in root.list("links")),
        lans={name: _lan(name, entry, sites, blocks, names) for name, entry in root.items("lans")},
        nat64={name: _nat64(name, entry, sites, blocks) for name, entry in root.items("nat64")},
        nat44={name: range4(entry, _announced(root, blocks)) for name, entry in root.items("nat44")},
        services=tuple(_service(entry) for entry in root.list("services")),
        lines=root.lines(),
    )


def _stage(entry: Section) -> Stage:
    entry.only({"name", "item", "vi", "en"})
    return Stage(entry.text("name"), entry.text("item"), entry.text("vi"), entry.text("en"))


def _asn(name: str, entry: Section) -> Asn:
    entry.only({"number", "routers"})
    return Asn(name, entry.child("number").as_int(), tuple(item.as_text() for item in entry.list("routers")))


def _block(name: str, entry: Section) -> Block:
    entry.only({4, 6, "title", "announced"})
    networks: dict[Family, Network] = {}
    for family in FAMILIES:
        if family in entry:
            networks[family] = _network(entry.child(family), family)
    return Block(name, entry.text("title"), networks, bool(entry.get("announced", False)))


def _network(entry: Section, family: Family) -> Network:
    try:
        network = ipaddress.ip_network(entry.as_text())
    except ValueError as error:
        raise entry.wrong(str(error), "write the prefix with its host bits at zero") from error
    if network.version != family:
        raise entry.wrong(f"{network} is IPv{network.version}, not IPv{family}", "put it under the other family")
    return network


def _announced(root: Section, blocks: Mapping[str, Block]) -> Block:
    for block in blocks.values():
        if block.announced:
            return block
    raise root.child("blocks").wrong("no block is announced", "write `announced: true` at the province's own")


def _site(name: str, entry: Section, blocks: Mapping[str, Block]) -> Site:
    entry.only({"block", "index", "zone", "title"})
    block = entry.child("block").one_of(blocks)
    parent = blocks[block].networks.get(6)
    if not isinstance(parent, IPv6Network):
        raise entry.wrong(f"block {block} has no IPv6 prefix", "give the block one")
    index = _read_hex(entry.child("index"))
    if parent.prefixlen > 48 or index >= 1 << (48 - parent.prefixlen):
        raise entry.wrong(f"{parent} has no /48 number {index:x}", "choose a smaller index or a shorter block")
    network = IPv6Network((int(parent.network_address) + (index << 80), 48))
    zone = entry.child("zone").one_of(ZONES)
    return Site(name, block, entry.child("index").as_int(), zone, entry.text("title"), network)


def _read_hex(entry: Section) -> int:
    """A number that is written as it is to be read inside an IPv6 address (10 → 0x10)."""
    try:
        return int(entry.as_text(), 16)
    except ValueError as error:
        raise entry.wrong(f"{entry.as_text()!r} is not a hexadecimal number") from error


def _lan6(entry: Section, site: Site) -> IPv6Network:
    index = _read_hex(entry)
    if index > 0xFFFF:
        raise entry.wrong(f"LAN number {index:x} does not fit into 16 bits", "choose one up to ffff")
    return IPv6Network((int(site.network6.network_address) + (index << 64), 64))


def _pool(name: str, entry: Section, sites: Mapping[str, Site], blocks: Mapping[str, Block]) -> Pool:
    entry.only({"site", 4, 6})
    site = entry.child("site").one_of(sites)
    number = entry.child(4)
    if number.as_text().isdecimal():
        network4 = _private(number, sites[site], number.as_int(), blocks)
    else:
        network4 = range4(number, blocks[sites[site].block])
    return Pool(name, site, {4: network4, 6: _lan6(entry.child(6), sites[site])})


def _loopbacks(root: Section, pools: Mapping[str, Pool]) -> dict[str, Loopback]:
    found: dict[str, Loopback] = {}
    for pool_name, entries in root.items("loopbacks"):
        if pool_name not in pools:
            raise entries.wrong(f"there is no pool {pool_name!r}", "choose one of: " + ", ".join(pools))
        for node, number in entries.children():
            pool = pools[pool_name]
            addresses = {
                4: pool.networks[4].network_address + number.as_int(),
                6: pool.networks[6].network_address + _read_hex(number),
            }
            for family in FAMILIES:
                if addresses[family] not in pool.networks[family]:
                    raise number.wrong(f"number {number.as_text()} lies outside pool {pool_name}")
            found[node] = Loopback(node, pool_name, {4: addresses[4], 6: addresses[6]})
    return found


LINK_KEYS: frozenset[int | str] = frozenset(["pool", "number", "a", "b", "cost", "ebgp"])
LAN_KEYS: frozenset[int | str] = frozenset(
    ["site", "index", "kind", "port", "title", "range", "virtual", "gateways", "hosts", "ra", "dns64", "switch"]
)


def _link(entry: Section, pools: Mapping[str, Pool], stages: Stages) -> PlanLink:
    entry.only(LINK_KEYS | SPAN_KEYS)
    pool = pools[entry.child("pool").one_of(pools)]
    number = entry.child("number").as_int()
    networks: dict[Family, Network] = {}
    for family, length in ((4, 31), (6, 127)):
        parent = pool.networks[4 if family == 4 else 6]
        base = int(parent.network_address) + 2 * number
        network = ipaddress.ip_network((base, length))
        if network.network_address not in parent:
            raise entry.wrong(f"link number {number} lies outside pool {pool.name} ({parent})", "choose a smaller one")
        networks[4 if family == 4 else 6] = network
    return PlanLink(
        pool=pool.name,
        number=number,
        a=entry.text("a"),
        b=entry.text("b"),
        networks=networks,
        spans=spans(entry, stages, default4=stages[0]),
        cost=entry.child("cost").as_int() if "cost" in entry else None,
        ebgp=bool(entry.get("ebgp", False)),
    )


def _lan(name: str, entry: Section, sites: Mapping[str, Site], blocks: Mapping[str, Block], stages: Stages) -> Lan:
    entry.only(LAN_KEYS | SPAN_KEYS | LATER_KEYS)
    site = sites[entry.child("site").one_of(sites)]
    found = spans(entry, stages)
    networks: dict[Family, Network] = {}
    if 6 in found:
        networks[6] = _lan6(entry.child("index"), site)
    if 4 in found:
        networks[4] = (
            range4(entry.child("range"), blocks[site.block])
            if "range" in entry
            else _private(entry, site, entry.child("index").as_int(), blocks)
        )
    return Lan(
        name=name,
        site=site.name,
        index=entry.child("index").as_int(),
        kind=entry.text("kind"),
        port=entry.text("port"),
        title=str(entry.get("title", site.title)),
        networks=networks,
        spans=found,
        gateways={node: number.as_int() for node, number in entry.child("gateways").children()},
        hosts={
            node: None if number.as_text() == "dynamic" else number.as_int()
            for node, number in entry.child("hosts").children()
        },
        virtual=entry.child("virtual").as_int() if "virtual" in entry else None,
        ra=entry.child("ra").one_of(("none", "slaac", "stateless", "stateful")) if "ra" in entry else "none",  # type: ignore[arg-type]
        dns64=bool(entry.get("dns64", False)),
        switch=entry.text("switch") if "switch" in entry else None,
        later=later(entry, stages),
    )


def _private(entry: Section, site: Site, index: int, blocks: Mapping[str, Block]) -> IPv4Network:
    """LAN K of site N is 10.N.K.0/24 of the private block."""
    parent = blocks["private"].networks[4] if "private" in blocks else None
    if parent is None or site.index > 255 or index > 255:
        raise entry.wrong("no private IPv4 range follows from its numbers", "give it a `range`")
    network = IPv4Network((int(parent.network_address) + (site.index << 16) + (index << 8), 24))
    if not isinstance(parent, IPv4Network) or not network.subnet_of(parent):
        raise entry.wrong(f"{network} lies outside the private block {parent}", "give it a `range`")
    return network


def _nat64(operator: str, entry: Section, sites: Mapping[str, Site], blocks: Mapping[str, Block]) -> Nat64:
    entry.only({"site", "index", "node", "pool", "outside", "resolvers"})
    site = sites[entry.child("site").one_of(sites)]
    lan = _lan6(entry.child("index"), site)
    pool = _network(entry.child("pool"), 4)
    outside = range4(entry.child("outside"), blocks[site.block]) if "outside" in entry else None
    assert isinstance(pool, IPv4Network)
    resolvers = {node: number.as_int() for node, number in entry.items("resolvers")}
    return Nat64(operator, entry.text("node"), IPv6Network((lan.network_address, 96)), pool, outside, resolvers)


def _service(entry: Section) -> Service:
    entry.only({"name", "node", "tcp", "udp", "from", "names"})

    def numbers(key: str) -> tuple[int, ...]:
        return tuple(item.as_int() for item in entry.list(key)) if key in entry else ()

    def texts(key: str) -> tuple[str, ...]:
        return tuple(item.as_text() for item in entry.list(key)) if key in entry else ()

    sources = tuple(item.one_of(SOURCES) for item in entry.list("from"))
    return Service(entry.text("name"), entry.text("node"), numbers("tcp"), numbers("udp"), sources, texts("names"))
