"""All that a lab holds and says, in words that do not depend on which lab it is."""

from __future__ import annotations

import re
from dataclasses import asdict
from ipaddress import ip_address

from harness.history.history import History
from harness.plan import derive, zones
from harness.probe import route, snapshot
from harness.probe.dns_transfer import TransferAsk, key_in, transfer
from harness.probe.solicited import advertisements

KEY_FILE = "etc/bind/transfer.key"
RESOLVERS = "etc/resolv.conf"
ADDRESS = re.compile(r"(?<![0-9a-f:.])(?:[0-9a-f]{1,4}:[0-9a-f:]*:[0-9a-f:.]+|\d+\.\d+\.\d+\.\d+)")
WAYS = re.compile("(?<= via )[^(]+(?= )")
MACS = ("source_mac", "link_layer_address")
MADE_UP = ("dynamic", "mngtmpaddr")


def whole(lab):
    """Subject → lines: nodes, what hosts are advertised and whom they ask, what name servers give away as zones."""
    found = {**snapshot.take(None, lab.nodes.values()), **advertised(lab), **asked(lab), **published(lab)}
    labels = own_labels(lab)

    def plain(text):
        named = ADDRESS.sub(lambda match: labels.get(match[0], match[0]), text)
        return WAYS.sub(lambda match: ", ".join(sorted(match[0].split(", "))), named)

    return {plain(subject): frozenset(map(plain, lines)) for subject, lines in found.items()}


def own_labels(lab):
    """Addresses that a lab has made up (link-local, or given to whoever asked) → whose they are.

    A bridge has the link-local address of one of its ports, so nobody's device is in it.
    """
    found = {}
    for node in lab.nodes.values():
        for each in (*route.addresses(None, node, 4), *route.addresses(None, node, 6)):
            local = each.family == 6 and ip_address(each.address).is_link_local
            if local or set(MADE_UP) & set(each.flags):
                found[each.address] = f"<{'link-local' if local else 'own'} of {node.name}>"
    return found


def advertised(lab):
    """What each LAN with IPv6 and a host that asks hears."""
    hosts = []
    for lan in lab.plan.lans.values():
        asking = [name for name, number in lan.hosts.items() if number is None and name in lab.nodes]
        if lan.ra != "none" and asking and 6 in derive.families(lab.plan, lan, lab.stage):
            hosts.append(lab.node(asking[0]))
    return {
        f"{name} advertised": frozenset(f"{key} {value}" for key, value in asdict(seen).items() if key not in MACS)
        if seen
        else frozenset()
        for name, seen in advertisements(History(), hosts).items()
    }


def asked(lab):
    """The resolvers of each host that is told them by its network."""
    hosts = [node for node in lab.nodes.values() if (node.root / "etc/dhcpcd.conf").exists()]
    return {
        f"{node.name} resolvers": frozenset(re.findall("^nameserver .*", (node.root / RESOLVERS).read_text(), re.M))
        for node in hosts
    }


def published(lab):
    """Each zone as the secondary gets it from the primary."""
    servers = [each.node for each in lab.plan.services if each.name == "dns"]
    secondary = lab.node(servers[1])
    try:
        key = key_in((secondary.root / KEY_FILE).read_text())
    except FileNotFoundError:
        key = None
    found = {}
    for zone in zones.hosted(lab.plan, lab.stage):
        address = derive.address(lab.plan, servers[0], 4, lab.stage)
        seen = transfer(History(), TransferAsk(secondary, 4, str(address), zone.origin, key))
        found[f"{zone.origin} zone"] = frozenset({f"{seen.answer} {seen.data.get('rcode')} {seen.data.get('digest')}"})
    return found
