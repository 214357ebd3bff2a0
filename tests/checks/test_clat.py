import secrets
from ipaddress import ip_address

import pytest
from vantage import access_logs, ipv6_only_hosts, operator_of, outside_of

from harness.errors import CannotMeasure
from harness.plan import derive
from harness.probe.capture import Capture
from harness.probe.http import HttpAsk, Request, fetch_many
from harness.probe.packet_filter import short
from harness.verdict import ipv6_only as judge
from harness.verdict.ipv6_only import Use

WITH_CLAT, SERVER, WEB = "mobile", "foreign-web", "ipv4only.example.com"
"""The role of hosts that translate for programs which know IPv4 only (RFC 6877); who is asked, and as what."""
DEVICE = "eth1"


def hosts(plan, lab):
    """The running clients with IPv6 alone: with CLAT, and without."""
    every = [*ipv6_only_hosts(plan, lab, own=True), *ipv6_only_hosts(plan, lab, own=False)]
    nodes = [lab.node(each) for each in every]
    return [each for each in nodes if each.role == WITH_CLAT], [each for each in nodes if each.role != WITH_CLAT]


def bound_for(address):
    """Whether a frame is IPv6 TCP to an address."""
    wanted = ip_address(address).packed
    return lambda frame: frame[12:14] == b"\x86\xdd" and frame[20] == 6 and frame[38:54] == wanted


@pytest.mark.check("V6O-08")
def test_ipv4_literals_work_through_clat_and_without_it_do_not(lab, history, plan, targets, judged):
    able, plain = hosts(plan, lab)
    if not able or not plain:
        raise CannotMeasure("no client with IPv6 alone has CLAT, or none is without: nothing to compare at this stage")
    four = str(derive.address(plan, SERVER, 4, lab.stage))
    operators = {each.name: operator_of(plan, derive.lan_of(plan, each.name)) for each in able}
    behind = {name: str(derive.synthesised(each.prefix, four)) for name, each in operators.items()}
    tokens = {each.name: secrets.token_hex(8) for each in (*able, *plain)}
    asks = [HttpAsk(node, 4, four, Request(WEB, f"/whoami?dau-vet={tokens[node.name]}")) for node in (*able, *plain)]
    wires = [bound_for(each) for each in dict.fromkeys(behind.values())]
    with Capture(
        history, [(each, DEVICE) for each in able], lambda frame: any(one(frame) for one in wires), passes=short()
    ) as wire:
        seen = dict(zip([ask.node.name for ask in asks], fetch_many(history, asks), strict=True))
        translated = {each.node for each in wire.packets() if each.outgoing and bound_for(behind[each.node])(each.data)}
    uses, findings = [], ()
    for node in able:
        page = seen[node.name]
        said = str(page.data.get("status") or page.data.get("reason") or page.answer)
        uses.append(Use(f"{node.name}: http://{four}/", page.data.get("status") == 200, said, page.event))
    findings += judge.all_used(uses)
    served = [node.name for node, use in zip(able, uses, strict=True) if use.works]
    findings += judge.by_translation(four, served, translated, behind)
    if served:
        log = access_logs(lab, {SERVER: [tokens[each] for each in served]}, targets["arrives_most_s"])[SERVER]
        for name in served:
            line = next((each for each in log.splitlines() if tokens[name] in each), "")
            logged = line.partition("client=[")[2].partition("]")[0]
            pool = outside_of(plan, lab, operators[name])
            findings += judge.from_pool(f"{SERVER}'s log about {name}", logged, pool, seen[name].event)
    findings += judge.not_without(four, {each.name: seen[each.name].answer for each in plain})
    judged(findings, tuple(each.event for each in seen.values())[:4])
