from datetime import UTC, datetime
from ipaddress import ip_interface
from pathlib import Path

import pytest

from harness.errors import CannotMeasure
from harness.lab.project import Project
from harness.plan import derive
from harness.plan.model import FAMILIES
from harness.probe import route
from harness.suite import decisions
from harness.verdict import plan as judge

CONFIGURED = ("frr.conf", "nftables.conf", "ip.batch", "nginx.conf", "named.conf", "unbound.conf", "radvd.conf")


@pytest.mark.check("ADR-01")
def test_every_prefix_lies_in_the_registered_block(plan, judged):
    judged(judge.inside_block(plan))


@pytest.mark.check("ADR-02")
def test_no_prefix_overlaps_and_every_address_is_planned(lab, history, plan, judged):
    static = [node for node in lab.nodes.values() if lab.topology.nodes[node.name].group in ("router", "server")]
    found = [
        (node.name, f"{each.address}/{each.prefix_length}")
        for node in static
        for family in FAMILIES
        for each in route.addresses(history, node, family)
        if each.device != "lo" or each.address not in ("127.0.0.1", "::1")
        if not each.address.startswith("fe80:")
    ]
    judged(judge.overlaps(plan) + judge.planned(plan, found))


def on_ports(lab, history, plan, kinds):
    """The global IPv6 addresses on the planned ports of routers and servers: (where, interface). Clients have what
    they were given, by DHCPv6 one address without a network."""
    for name in derive.nodes(plan):
        if lab.topology.nodes[name].group not in ("router", "server"):
            continue
        ports = {each.name for each in derive.ports(plan, name, lab.stage) if each.kind in kinds and 6 in each.families}
        for each in route.addresses(history, lab.node(name), 6) if ports else ():
            if each.device in ports and not each.address.startswith("fe80:"):
                yield f"{name} {each.device}", ip_interface(f"{each.address}/{each.prefix_length}")


def evidence(history):
    return tuple(event.reference for event in history.events("probe.route")[-3:])


@pytest.mark.check("ADR-03")
def test_every_lan_with_hosts_is_a_64(lab, history, plan, judged):
    held = on_ports(lab, history, plan, {"gateway", "host"})
    judged(judge.host_lans(plan) + judge.lengths(held), evidence(history))


@pytest.mark.check("ADR-04")
def test_every_router_link_is_a_legal_127(lab, history, plan, judged):
    held = on_ports(lab, history, plan, {"link"})
    judged(judge.router_links(plan) + judge.link_addresses(held), evidence(history))


def subnets(lab, history, plan, name):
    """What a gateway of the province's carries on each port that is no link between routers."""
    ports = derive.ports(plan, name, lab.stage)
    lans = {port.name: port.lan for port in ports if port.lan}
    virtual = {f"vrrp{family}-{each}" for each in lans for family in FAMILIES}
    held = {}
    for family in FAMILIES:
        for each in route.addresses(history, lab.node(name), family):
            if not each.address.startswith("fe80:"):
                network = ip_interface(f"{each.address}/{each.prefix_length}").network
                held.setdefault(each.device, {}).setdefault(family, []).append(network)
    for device in {*held, *lans} - {"lo", name} - virtual - {port.name for port in ports if port.link}:
        lan = lans.get(device)
        later = set(lan.networks) - set(derive.families(plan, lan, lab.stage)) if lan else set()
        networks = {family: sorted(set(each)) for family, each in held.get(device, {}).items()}
        yield judge.Subnets(name, device, networks, lan.name if lan else "", frozenset(later))


@pytest.mark.check("ADR-06")
def test_every_ipv4_subnet_has_its_64_and_the_reverse(lab, history, plan, judged):
    gateways = {each: None for lan in plan.lans.values() if derive.is_own(plan, lan.site) for each in lan.gateways}
    found = [each for name in gateways for each in subnets(lab, history, plan, name)]
    if not any(each.networks for each in found):
        raise CannotMeasure("no gateway has a subnet")
    decided = decisions.read(Project.find().root / "configs" / "exceptions.yml", "ADR-06")
    evidence = tuple(event.reference for event in history.events("probe.route")[-2 * len(gateways) :])
    judged(judge.inventory(found, decided, datetime.now(UTC).date()), evidence)


@pytest.mark.check("ADR-08")
def test_no_configuration_holds_an_illegal_or_badly_written_address(lab, judged):
    trees = Path(lab.record.trees)
    files = {
        str(path.relative_to(trees)): path.read_text(errors="replace")
        for path in trees.rglob("*")
        if path.is_file() and path.name in CONFIGURED
    }
    judged(judge.literals(files))
