"""The pilot's zones and resolvers as they are rendered for each stage, read back with dnspython."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdatatype
import dns.reversename
import dns.zone
import pytest

from harness.plan import derive
from harness.plan.load import load as load_plan
from harness.render.render import Configs, render
from harness.render.tree import NodeTree, Trees
from tests.unit.estate import the_plan, the_topology, trees

ROOT = Path(__file__).parents[3]
STAGES = ("00-baseline", "21-pilot", "31-datacentre", "40-ipv6-only")
PRIMARIES = ("root-dns", "vn-dns", "ns1")
NODES = (*PRIMARIES, "ns2", "resolver1", "resolver2", "viettel", "vnpt")
ADDRESSES = {dns.rdatatype.A, dns.rdatatype.AAAA}

Zones = dict[dns.name.Name, dns.zone.Zone]


def text(tree: NodeTree, path: str) -> str:
    return tree.files[path].content.decode()


def zones_in(rendered: Trees) -> Zones:
    """Every zone of every primary, by origin."""
    found: Zones = {}
    for node in PRIMARIES:
        for path in rendered[node].files:
            if path.startswith("etc/bind/zones/"):
                zone = dns.zone.from_text(text(rendered[node], path), relativize=False)
                assert zone.origin is not None
                found[zone.origin] = zone
    return found


@cache
def zones(stage: str) -> Zones:
    return zones_in(trees(stage))


def holder(held: Zones, name: dns.name.Name) -> dns.zone.Zone:
    """The zone with the longest origin that a name lies in."""
    return held[max((origin for origin in held if name.is_subdomain(origin)), key=len)]


def records(held: Zones, kind: dns.rdatatype.RdataType) -> Iterator[tuple[dns.name.Name, object]]:
    for zone in held.values():
        for name, _, rdata in zone.iterate_rdatas(kind):
            yield name, rdata


def address_records(held: Zones) -> set[tuple[dns.name.Name, str]]:
    """Authoritative addresses: glue is left out by asking the zone that a name lies in."""
    return {
        (name, rdata.address)  # type: ignore[attr-defined]
        for kind in ADDRESSES
        for name, rdata in records(held, kind)
        if rdata in (holder(held, name).get_rdataset(name, kind) or ())
    }


@pytest.mark.parametrize("stage", STAGES)
def test_every_zone_that_a_server_loads_has_its_file_and_its_origin(stage: str) -> None:
    for node in PRIMARIES:
        tree = trees(stage)[node]
        loaded = re.findall(
            r'zone "(\S+)" \{\s+type primary;\s+file "/var/lib/bind/(\S+)"', text(tree, "etc/bind/named.conf.local")
        )
        assert loaded
        for origin, file in loaded:
            assert f"$ORIGIN {origin.rstrip('.')}." in text(tree, f"etc/bind/zones/{file}.zone")
        written = {path for path in tree.files if path.startswith("etc/bind/zones/")}
        assert written == {f"etc/bind/zones/{file}.zone" for _, file in loaded}


@pytest.mark.parametrize("stage", STAGES)
def test_the_secondary_has_the_zones_of_the_primary_and_the_same_key(stage: str) -> None:
    first, second = trees(stage)["ns1"], trees(stage)["ns2"]
    origins = [re.findall(r'^zone "(\S+)"', text(tree, "etc/bind/named.conf.local"), re.M) for tree in (first, second)]
    assert origins[0] == origins[1]
    assert text(first, "etc/bind/transfer.key") == text(second, "etc/bind/transfer.key")


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(("kind", "field"), [("NS", "target"), ("MX", "exchange"), ("PTR", "target")])
def test_every_target_has_an_address(stage: str, kind: str, field: str) -> None:
    named = {name for name, _ in address_records(zones(stage))}
    targets = {getattr(rdata, field) for _, rdata in records(zones(stage), dns.rdatatype.from_text(kind))}
    assert targets
    assert not targets - named


@pytest.mark.parametrize("stage", STAGES)
def test_every_address_of_the_province_has_one_name_that_leads_back(stage: str) -> None:
    held = zones(stage)
    plan = the_plan()
    own = (plan.own(4), plan.own(6), plan.blocks["private"].networks[4])
    forward = address_records(held)
    pointers: dict[str, list[dns.name.Name]] = {}
    for name, rdata in records(held, dns.rdatatype.PTR):
        pointers.setdefault(dns.reversename.to_address(name), []).append(rdata.target)  # type: ignore[attr-defined]
    for address in {address for _, address in forward if any(ip_address(address) in network for network in own)}:
        assert len(pointers.get(address, [])) == 1, address
    for address, names in pointers.items():
        assert (names[0], address) in forward, (names[0], address)


@pytest.mark.parametrize("stage", STAGES)
def test_the_provinces_zones_name_nothing_outside_its_blocks(stage: str) -> None:
    plan = the_plan()
    origins = {zone for zone in zones(stage) if zone.is_subdomain(dns.name.from_text(plan.domain))}
    assert len(origins) == 2
    for origin in origins:
        internal = origin != dns.name.from_text(plan.domain)
        allowed = [plan.own(4), plan.own(6), *([plan.blocks["private"].networks[4]] if internal else [])]
        for kind in ADDRESSES:
            for name, _, rdata in zones(stage)[origin].iterate_rdatas(kind):
                assert any(ip_address(rdata.address) in network for network in allowed), name


@pytest.mark.parametrize("stage", STAGES)
def test_parents_repeat_name_servers_and_addresses_of_their_children(stage: str) -> None:
    held = zones(stage)
    for origin, zone in held.items():
        if origin == dns.name.root or origin == dns.name.from_text("10.in-addr.arpa."):
            continue  # the root has no parent, private space no delegation
        parent = holder({other: held[other] for other in held if other != origin}, origin)
        assert parent.get_rdataset(origin, "NS") == zone.get_rdataset(origin, "NS"), origin
        for server in (rdata.target for rdata in zone.get_rdataset(origin, "NS")):
            if not server.is_subdomain(origin):
                continue
            for kind in ADDRESSES:
                assert parent.get_rdataset(server, kind) == zone.get_rdataset(server, kind), server


@pytest.mark.parametrize("stage", STAGES)
def test_each_ds_is_that_of_the_childs_key_and_each_signed_child_has_one(stage: str) -> None:
    held = zones(stage)
    signed = {origin for origin, zone in held.items() if zone.get_rdataset(origin, "DNSKEY")}
    unsigned = {"noibo.daknong.gov.vn.", "10.in-addr.arpa.", "ipv4only.arpa."}
    assert set(held) - signed == {dns.name.from_text(name) for name in unsigned}
    found = dict(records(held, dns.rdatatype.DS))
    assert set(found) == signed - {dns.name.root}
    for name, ds in found.items():
        key = next(iter(held[name].get_rdataset(name, "DNSKEY")))
        assert dns.dnssec.make_ds(name, key, "SHA256") == ds


def test_resolvers_trust_the_roots_key() -> None:
    key = next(iter(zones("31-datacentre")[dns.name.root].get_rdataset(dns.name.root, "DNSKEY")))
    ds = dns.dnssec.make_ds(dns.name.root, key, "SHA256")
    for node in ("resolver1", "resolver2", "viettel", "vnpt", "foreign-mail"):
        assert text(trees("31-datacentre")[node], "etc/unbound/root.key").split()[3:] == ds.to_text().upper().split()


def test_the_key_on_disk_is_the_one_in_the_zone() -> None:
    for node in PRIMARIES:
        tree = trees("31-datacentre")[node]
        keys = [path for path in tree.files if path.startswith("etc/bind/keys/") and path.endswith(".key")]
        assert keys
        for path in keys:
            stem = Path(path).stem
            shared = text(tree, path).split("DNSKEY")[1].strip()
            assert shared in text(tree, f"etc/bind/zones/{stem}.zone")
            assert path.removesuffix(".key") + ".private" in tree.files


def test_ipv6_glue_comes_with_the_pilot_and_not_before() -> None:
    server = dns.name.from_text("ns1.daknong.gov.vn.")
    parent = dns.name.from_text("gov.vn.")
    assert zones("00-baseline")[parent].get_rdataset(server, "AAAA") is None
    assert zones("21-pilot")[parent].get_rdataset(server, "AAAA")


def test_ipv4only_arpa_has_the_two_well_known_addresses() -> None:
    name = dns.name.from_text("ipv4only.arpa.")
    found = {rdata.address for rdata in zones("00-baseline")[name].get_rdataset(name, "A")}
    assert found == {"192.0.0.170", "192.0.0.171"}
    assert zones("00-baseline")[name].get_rdataset(name, "AAAA") is None


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("node", ["ns1", "ns2", "root-dns", "vn-dns", "resolver1", "resolver2"])
def test_a_server_listens_on_its_addresses_of_the_stage_and_no_others(stage: str, node: str) -> None:
    port = next(port for port in derive.ports(the_plan(), node, stage) if port.kind == "host")
    planned = {str(interface.ip) for interface in port.addresses.values()}
    tree = trees(stage)[node]
    if "etc/unbound/unbound.conf" in tree.files:
        listening = set(re.findall(r"^    interface: (\S+)", text(tree, "etc/unbound/unbound.conf"), re.M))
    else:
        options = text(tree, "etc/bind/named.conf.options")
        listening = set(re.findall(r"(?<=[{ ])[0-9a-f.:]+(?=;)", " ".join(re.findall(r"listen-on.*", options))))
    assert listening - {"127.0.0.1", "::1"} == planned


@pytest.mark.parametrize("stage", STAGES)
def test_nobody_else_is_recursed_for_in_either_family(stage: str) -> None:
    for node in ("resolver1", "viettel"):
        rules = re.findall(r"access-control: (\S+) (\S+)", text(trees(stage)[node], "etc/unbound/unbound.conf"))
        assert ("0.0.0.0/0", "refuse") in rules
        assert ("::/0", "refuse") in rules
        served = [ip_network(network) for network, rule in rules if rule == "allow"]
        citizens = the_plan().lans["vnpt-citizen"].networks
        assert not any(
            network.version == citizen.version and citizen.subnet_of(network)
            for network in served
            for citizen in citizens.values()
        )


def test_dns64_uses_the_translators_prefix_and_serves_ipv6_only_lans_alone() -> None:
    plan = the_plan()
    for node, operator in (("resolver1", "province"), ("viettel", "viettel"), ("vnpt", "vnpt")):
        conf = text(trees("31-datacentre")[node], "etc/unbound/unbound-dns64.conf")
        assert f"dns64-prefix: {plan.nat64[operator].prefix}\n" in conf
        allowed = re.findall(r"access-control: (\S+) allow", conf)
        assert allowed == [str(network) for network in derive.dns64_clients(plan, operator, "31-datacentre")]
    assert "etc/unbound/unbound-dns64.conf" not in trees("21-pilot")["resolver1"].files


def test_the_resolvers_second_address_is_on_its_interface_and_deprecated() -> None:
    found = derive.dns64_resolvers(the_plan(), "31-datacentre")["resolver1"]
    batch = text(trees("31-datacentre")["resolver1"], "etc/network/ip.batch")
    assert f"address add {found} dev eth1 preferred_lft 0\n" in batch


def test_another_block_moves_every_zone_and_every_resolver(tmp_path: Path) -> None:
    moved = tmp_path / "plan.yml"
    source = (ROOT / "configs/plan.yml").read_text(encoding="utf-8")
    old, new = "3fff:d40::/40", "3fff:e80::/40"
    assert source.count(old) == 1
    moved.write_text(source.replace(old, new), encoding="utf-8")
    rendered = render(the_topology(), load_plan(moved), Configs(ROOT / "configs"), "31-datacentre")
    for node in NODES:
        for path, file in rendered[node].files.items():
            if path.startswith(("etc/bind/", "etc/unbound/")):
                assert b"3fff:d40" not in file.content, (node, path)
                assert b"4.d.0.f.f.f.3" not in file.content, (node, path)
    assert dns.name.from_text("0.0.0.8.e.0.f.f.f.3.ip6.arpa.") in zones_in(rendered)
