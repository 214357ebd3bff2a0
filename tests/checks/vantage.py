"""Where checks look from, and what the province's name server tells an outsider: shared by the groups of checks."""

from ipaddress import ip_address, ip_network

from harness.errors import CannotMeasure
from harness.plan import derive, zones
from harness.probe import dns, route
from harness.probe.dns import DnsAsk
from harness.probe.dns_message import ADDRESS_TYPE, Question, values
from harness.wait import Condition, Deadline, until

OUTSIDE = ("viettel-citizen", "vnpt-citizen")
INSIDE = ("stttt-pc", "stttt-wifi")


def families(plan, lab, node):
    """The families that a host has; none for a node that is no host."""
    return derive.families_of(plan, node, lab.stage)


def web_servers(plan, lab):
    """The web servers that the plan offers to everyone and that have IPv6 at the stage."""
    offered = [each.node for each in plan.services if 443 in each.tcp and "internet" in each.sources]
    return [each for each in dict.fromkeys(offered) if 6 in families(plan, lab, each)]


def first_server(plan, lab):
    """An address of a name server in IPv4, which has been there from the beginning."""
    node = next(each.node for each in plan.services if each.name == "dns")
    return str(derive.address(plan, node, 4, lab.stage))


def looked_up(lab, history, plan, questions):
    """The values that the first name server gives an outsider for each (name, type). Raises if it does not answer."""
    node, server = lab.node(OUTSIDE[0]), first_server(plan, lab)
    seen = dns.many(history, [DnsAsk(node, 4, server, Question(*each, recursion=False)) for each in questions])
    if not all(each.answer == "reply" for each in seen):
        raise CannotMeasure(f"the name server {server} does not answer {node.name}, so what it holds is unknown")
    return {question: values(dict(each.data), question[1]) for question, each in zip(questions, seen, strict=True)}


def published_aaaa(lab, history, plan):
    """Every public name of the province → its AAAA. Raises if there is none at all to judge."""
    names = {each.name for each in zones.forward(plan, lab.stage, plan.domain)}
    full = sorted(plan.domain if name == "@" else f"{name}.{plan.domain}" for name in names)
    found = {name: held for (name, _), held in looked_up(lab, history, plan, [(name, "AAAA") for name in full]).items()}
    if not any(found.values()):
        raise CannotMeasure(f"{first_server(plan, lab)} gives no AAAA at all, so none can be judged")
    return found


def held_in(history, node, network, family):
    """An address that a node has in a network, ``None`` if it has none."""
    held = [each.address for each in route.addresses(history, node, family)]
    return next((each for each in held if ip_address(each) in network), None)


def own_address(lab, history, plan, host, family):
    """An address of a host that others may answer to: of its LAN's prefix, planned or found. Raises if it has none."""
    network = derive.lan_of(plan, host).networks[family]
    found = held_in(history, lab.node(host), network, family)
    if found is None:
        raise CannotMeasure(f"{host} has no IPv{family} address of its LAN ({network}) to send from")
    return found


def operator_of(plan, lan):
    """Who translates for the hosts of a LAN: the operator whose NAT64 prefix is in the LAN's block."""
    block = plan.blocks[plan.sites[lan.site].block].networks[6]
    return next(each for each in plan.nat64.values() if each.prefix.subnet_of(block))


def outside_of(plan, lab, operator):
    """The IPv4 addresses that the Internet sees an operator's translated clients at."""
    return operator.outside or ip_network(str(derive.address(plan, operator.node, 4, lab.stage)))


def ipv6_only_hosts(plan, lab, *, own):
    """The running hosts with IPv6 alone that ask for their addresses: of the province's LANs, or of others'."""
    return [
        host
        for lan in plan.lans.values()
        if derive.is_own(plan, lan.site) == own and derive.translated(plan, lan, lab.stage)
        for host, number in lan.hosts.items()
        if number is None and lab.node(host).state == "running"
    ]


def ca_of(node):
    """The lab's CA as a node has it."""
    return node.root / "etc/ssl/v6lab/ca.pem"


def resolvers_of(node):
    """The name servers that a host asks, as its resolv.conf has them."""
    try:
        lines = (node.root / "etc/resolv.conf").read_text().splitlines()
    except FileNotFoundError:
        return []
    return [each.split()[1] for each in lines if each.startswith("nameserver ")]


def resolved(history, client, name, family):
    """The addresses of a name in a family, as a client's own resolvers say. Raises if none answers."""
    return asked(history, client, name, ADDRESS_TYPE[family])


def asked(history, client, name, rdtype):
    """The values of a name and type from the first resolver of a client's that answers. Raises if none does."""
    question = Question(name, rdtype)
    for server in resolvers_of(client):
        seen = dns.query(history, client, 6 if ":" in server else 4, server, question)
        if seen.answer == "reply" and seen.data.get("rcode") in ("NOERROR", "NXDOMAIN"):
            return values(dict(seen.data), rdtype)
    raise CannotMeasure(
        f"no resolver of {client.name} answers about {name}: {', '.join(resolvers_of(client)) or 'none'}"
    )


ACCESS_LOG = "var/log/nginx/access.log"
NEWEST = 1 << 20
"""Bytes: some thousand lines of a log."""


def access_logs(lab, tokens, seconds):
    """Node → its web server's log, when it holds the node's ``tokens`` or ``seconds`` are over: a line is written a
    little after the answer that it is about."""

    def missing(node):
        text = newest_of(lab.node(node).root / ACCESS_LOG)
        return None if all(each in text for each in tokens[node]) else "requests are not in the log yet"

    until([Condition(f"log of {node}", lambda node=node: missing(node)) for node in tokens], Deadline.after(seconds))
    return {node: newest_of(lab.node(node).root / ACCESS_LOG) for node in tokens}


def newest_of(log):
    """The end of a log, which holds the last minutes of a lab that has been up for days."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - NEWEST))
        return file.read().decode(errors="replace")
