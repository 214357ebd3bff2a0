import pytest
from vantage import INSIDE, OUTSIDE, families

from harness.errors import CannotMeasure
from harness.plan import derive, zones
from harness.plan.model import FAMILIES
from harness.probe import dns
from harness.probe.dns import DnsAsk
from harness.probe.dns_message import Question
from harness.probe.dns_transfer import TransferAsk, key_in, transfer
from harness.probe.side_by_side import side_by_side
from harness.verdict import replicas
from harness.wait import Condition, Deadline, until

KEY_FILE = "etc/bind/transfer.key"


def servers(plan):
    """The name servers, the primary first."""
    return [each.node for each in plan.services if each.name == "dns"]


def addresses(plan, lab, node):
    """(family, address) of a name server."""
    found = [(family, derive.address(plan, node, family, lab.stage)) for family in FAMILIES]
    return [(family, str(each)) for family, each in found if each is not None]


def serial(seen):
    if seen.answer != "reply":
        return None
    held = [value for each in seen.data.get("answer", ()) if each["type"] == "SOA" for value in each["values"]]
    return int(held[0].split()[2]) if held else None


@pytest.mark.check("DNS-04")
def test_every_name_server_has_the_same_serial_in_both_families(lab, history, plan, targets, judged):
    hosted = zones.hosted(plan, lab.stage)
    found = {}

    def ask(history):
        asks = {
            (zone.origin, f"{server} {address}"): DnsAsk(
                lab.node(servers(plan)[1]), family, address, Question(zone.origin, "SOA", recursion=False)
            )
            for zone in hosted
            for server in servers(plan)
            for family, address in addresses(plan, lab, server)
        }
        for (zone, place), seen in zip(asks, dns.many(history, list(asks.values())), strict=True):
            found.setdefault(zone, {})[place] = serial(seen)
        findings = sum((replicas.agree(zone, held) for zone, held in found.items()), ())
        return str(findings[0]) if findings else None

    until([Condition("replicas", lambda: ask(history))], Deadline.after(targets["replicas_agree_s"]))
    if not found:
        raise CannotMeasure("no name server could be asked for its zones")
    findings = sum((replicas.agree(zone, held) for zone, held in found.items()), ())
    judged(findings, tuple(event.reference for event in history.events("probe.dns")[-3:]))


@pytest.mark.check("DNS-04")
def test_secondaries_get_the_zones_and_nobody_else_does(lab, history, plan, judged):
    primary, *secondaries = servers(plan)
    if not secondaries:
        raise CannotMeasure("the plan has one name server: there is nobody to copy from it")
    key = key_in((lab.node(secondaries[0]).root / KEY_FILE).read_text())
    strangers = (*OUTSIDE, *INSIDE, primary)
    wanted, unwanted = [], []
    for zone in zones.hosted(plan, lab.stage):
        for server in servers(plan):
            for family, address in addresses(plan, lab, server):
                name = f"{zone.origin} from {server} {address}"
                for host in (*strangers, *secondaries):
                    if family not in families(plan, lab, host) or host == server:
                        continue
                    node = lab.node(host)
                    may = host in secondaries and server == primary
                    for own, signed in ((key, "with the key"), (None, "without a key")):
                        place = f"{name} to {host} {signed}", TransferAsk(node, family, address, zone.origin, own)
                        (wanted if may and own else unwanted).append(place)
    seen = side_by_side(lambda each: transfer(history, each[1]), [*wanted, *unwanted])
    named = [(where, each) for (where, _), each in zip([*wanted, *unwanted], seen, strict=True)]
    given, kept = named[: len(wanted)], named[len(wanted) :]
    if not wanted or not unwanted:
        raise CannotMeasure("there is nobody to ask for a zone")
    evidence = tuple(each.event for _, each in (*given[:2], *kept[:2]))
    judged(replicas.allowed(given) + replicas.refused(kept), evidence)
