import pytest
from vantage import families, held_in

from harness.errors import CannotMeasure
from harness.lab.conditions.routing import full_ports
from harness.plan import derive
from harness.plan.model import FAMILIES
from harness.probe import route
from harness.probe.frr import frr
from harness.probe.icmp import EchoAsk, echo_many
from harness.verdict import parity
from harness.verdict.verdict import Finding


def full_neighbours(lab, history, router, family):
    """Interface → cost of those that have a full OSPF neighbour."""
    daemon, base = {4: ("ospfd", "show ip ospf"), 6: ("ospf6d", "show ipv6 ospf6")}[family]
    node = lab.node(router)
    full = full_ports(family, frr(history, node, daemon, f"{base} neighbor json"))
    interfaces = frr(history, node, daemon, f"{base} interface json")
    if family == 4:
        interfaces = interfaces["interfaces"]
    return {device: interfaces[device]["cost"] for device in full}


@pytest.mark.check("DS-11")
def test_ospf_has_every_planned_neighbour_at_the_same_cost_in_both_families(lab, history, plan, judged):
    ends = {}
    for link in plan.links:
        if link.cost and not link.ebgp and derive.families(plan, link, lab.stage) == FAMILIES:
            ends.setdefault(link.a, set()).add(link.b)
            ends.setdefault(link.b, set()).add(link.a)
    findings = ()
    for router, devices in ends.items():
        both = {
            family: {
                name: cost for name, cost in full_neighbours(lab, history, router, family).items() if name in devices
            }
            for family in FAMILIES
        }
        findings += parity.same_adjacencies(router, devices, both)
    judged(findings, tuple(event.reference for event in history.events("probe.frr")[-4:]))


def dual_lans(plan, lab, site):
    """The LANs of a site that have both families at the stage: name → networks."""
    return {
        each.name: each.networks
        for each in plan.lans.values()
        if each.site == site and derive.families(plan, each, lab.stage) == FAMILIES
    }


def agencies(plan):
    return [each.name for each in plan.sites.values() if each.zone == "agency"]


def carriers(plan):
    """The routers of the level-II network and the data centre's on its border."""
    inner = {each for name, loop in plan.loopbacks.items() for each in (name,) if loop.pool in ("wanloop", "loopback")}
    gateways = {each for lan in plan.lans.values() if plan.sites[lan.site].zone == "agency" for each in lan.gateways}
    ends = {each for link in plan.links if link.pool == "tslcd" for each in (link.a, link.b)}
    return sorted((ends & inner) - gateways)


def site_routes(lab, history, plan, router):
    """Site → family → its LANs to which a router has a route."""
    tables = {
        family: {each.destination for each in route.routes(history, lab.node(router), family)} for family in FAMILIES
    }
    for site in agencies(plan):
        lans = dual_lans(plan, lab, site)
        if lans:
            yield (
                site,
                {
                    family: {name for name, networks in lans.items() if str(networks[family]) in tables[family]}
                    for family in FAMILIES
                },
            )


@pytest.mark.check("DS-12")
def test_the_level_two_network_carries_every_site_in_both_families(lab, history, plan, judged):
    findings = ()
    routes = [(router, *each) for router in carriers(plan) for each in site_routes(lab, history, plan, router)]
    if routes and not any(each[2][4] for each in routes):
        raise CannotMeasure("no router has an IPv4 route to a site: there is nothing to compare with")
    for router, site, found in routes:
        findings += parity.same_sites(f"{router} to {site}", found)
    keys, asks = [], []
    for lan in plan.lans.values():
        client = next((host for host, number in lan.hosts.items() if number is None), None)
        if not client or plan.sites[lan.site].zone != "agency":
            continue
        for family in families(plan, lab, client):
            inside = held_in(history, lab.node(client), lan.networks[family], family)
            if inside is None:
                findings += (Finding(f"{client} in {lan.name}", f"has no IPv{family} address", "one"),)
                continue
            for source, target, to in (
                (client, "ns1", str(derive.address(plan, "ns1", family, lab.stage))),
                ("mgmt", client, inside),
            ):
                if family in families(plan, lab, source) and family in families(plan, lab, target):
                    keys.append((source, target, family))
                    asks.append(EchoAsk(lab.node(source), family, to))
    seen = echo_many(history, asks)
    asked = [
        parity.Question(*key[:2], "echo", {key[2]: one.answer}, {key[2]: one.event})
        for key, one in zip(keys, seen, strict=True)
    ]
    if not asked:
        raise CannotMeasure("no site has a host at this stage")
    judged(findings + parity.all_reached(asked), tuple(each.event for each in seen))
