from ipaddress import ip_network

import pytest
from vantage import ipv6_only_hosts, operator_of, resolvers_of

from harness.errors import CannotMeasure
from harness.plan import derive
from harness.probe import dns
from harness.probe.dns import DnsAsk
from harness.probe.dns_message import Question, values
from harness.probe.dns_signed import validated
from harness.probe.http import HttpAsk, Request, fetch_many
from harness.render.keys import Keys
from harness.verdict import dns64 as judge
from harness.verdict import ipv6_only
from harness.verdict.dns64 import Told
from harness.verdict.ipv6_only import Use

SIGNED_ZONE, SIGNED_V4_ONLY, SERVER = "example.com", "ipv4only.example.com", "foreign-web"
WELL_KNOWN = "ipv4only.arpa"
QUESTIONS = {
    "AAAA": Question(SIGNED_V4_ONLY, "AAAA"),
    "AAAA with DO": Question(SIGNED_V4_ONLY, "AAAA", dnssec=True),
    "AAAA with DO and CD": Question(SIGNED_V4_ONLY, "AAAA", dnssec=True, checking_disabled=True),
    "A with DO and CD": Question(SIGNED_V4_ONLY, "A", dnssec=True, checking_disabled=True),
    WELL_KNOWN: Question(WELL_KNOWN, "AAAA"),
}
"""What a host that leaves validation to others, one that wants to know, and one that validates by itself ask."""


def places(plan, lab):
    """(client, resolver that it has learnt, its operator) of every client with IPv6 alone."""
    hosts = ipv6_only_hosts(plan, lab, own=True) + ipv6_only_hosts(plan, lab, own=False)
    found = [
        (lab.node(host), server, operator_of(plan, derive.lan_of(plan, host)))
        for host in hosts
        for server in resolvers_of(lab.node(host))
        if ":" in server
    ]
    if not found:
        raise CannotMeasure("no client with IPv6 alone has learnt a resolver at this stage")
    return found


def told(where, seen):
    """What a resolver said, as the judge wants it."""
    if seen.answer != "reply":
        return Told(where, seen.answer, (), False, seen.event)
    signed = any(each["type"] == "RRSIG" for part in ("answer", "authority") for each in seen.data.get(part, ()))
    rcode = seen.data.get("rcode", "no DNS message")
    return Told(where, rcode, tuple(values(dict(seen.data), "AAAA")), signed, seen.event)


def made_locally(asked, key):
    """The address that a host which validates by itself makes out of the signed A and the prefix that it is told.

    ``asked`` is what was seen for each of ``QUESTIONS``, ``key`` the zone's. ``None`` if it cannot.
    """
    answer = asked["A with DO and CD"]
    if answer.answer != "reply" or not validated(answer.raw, SIGNED_V4_ONLY, "A", SIGNED_ZONE, key):
        return None
    four = values(dict(answer.data), "A")[0]
    prefixes = judge.discovered(values(dict(asked[WELL_KNOWN].data), "AAAA"))
    return str(derive.synthesised(ip_network(prefixes[0]), four)) if len(prefixes) == 1 else None


@pytest.mark.check("V6O-06")
def test_dns64_and_dnssec_get_along(lab, history, plan, judged):
    where = places(plan, lab)
    key = Keys(plan.keys).zone(SIGNED_ZONE).dnskey
    asks = [DnsAsk(client, 6, server, each) for client, server, _ in where for each in QUESTIONS.values()]
    seen = iter(dns.many(history, asks))
    four = derive.address(plan, SERVER, 4, lab.stage)
    findings, pages, evidence = (), [], []
    for client, server, operator in where:
        asked = {what: next(seen) for what in QUESTIONS}
        place = f"{SIGNED_V4_ONLY} at {server} for {client.name}"
        answers = {what: told(f"{place}, {what}", each) for what, each in asked.items()}
        evidence += [each.event for each in answers.values()]
        findings += judge.all_answered(answers.values())
        plain = answers["AAAA"]
        wanted = [str(derive.synthesised(operator.prefix, four))]
        findings += ipv6_only.synthesised(plain.where, plain.given, wanted, plain.event)
        findings += judge.left_to_validators([answers["AAAA with DO and CD"]])
        pages.append((place, client, made_locally(asked, key), asked["A with DO and CD"].event))
    tries = [HttpAsk(client, 6, made, Request(SIGNED_V4_ONLY)) for _, client, made, _ in pages if made]
    fetched = iter(fetch_many(history, tries))
    uses = []
    for place, _, made, event in pages:
        what = f"{place}, by a host that validates by itself"
        if made is None:
            uses.append(Use(what, False, "no A that the zone has signed, or not one prefix", event))
            continue
        page = next(fetched)
        said = str(page.data.get("status") or page.data.get("reason") or page.answer)
        uses.append(Use(f"{what}, [{made}]", page.data.get("status") == 200, said, page.event))
    judged(findings + ipv6_only.all_used(uses), tuple(evidence[:3]))
