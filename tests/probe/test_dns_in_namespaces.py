"""DNS over each transport and family, and the walk from the root over one family alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from harness.history.history import History
from harness.history.seen import Family
from harness.probe.dns import DnsAsk, many, query
from harness.probe.dns_message import Question, values
from harness.probe.dns_walk import iterate
from tests.probe.conftest import BLACKHOLE, SECOND_SERVER, SERVER, Net
from tests.probe.servers import dns_answerer, over_tcp, tcp_server, udp_server

ROOT = dns_answerer(
    [],
    {
        "vn.": (["a.dns.vn."], [f"a.dns.vn. A {SECOND_SERVER[4]}", f"a.dns.vn. AAAA {SECOND_SERVER[6]}"]),
        "legacy.": (["ns.legacy."], [f"ns.legacy. A {SECOND_SERVER[4]}"]),
        "abroad.": (["a.dns.vn."], []),
    },
)
CHILD = dns_answerer(
    [
        "portal.vn. AAAA 3fff::80",
        "portal.vn. A 192.0.2.80",
        "www.legacy. A 192.0.2.81",
        "www.legacy. AAAA 3fff::81",
        "www.abroad. A 192.0.2.82",
        f"a.dns.vn. A {SECOND_SERVER[4]}",
        f"a.dns.vn. AAAA {SECOND_SERVER[6]}",
    ],
    {},
)


@pytest.fixture(scope="module", autouse=True)
def _servers(net: Net) -> Iterator[None]:
    with ExitStack() as stack:
        for family in (4, 6):
            for address, answer in ((SERVER[family], ROOT), (SECOND_SERVER[family], CHILD)):
                stack.enter_context(udp_server(net.server, family, address, 53, answer))
                stack.enter_context(tcp_server(net.server, family, address, 53, over_tcp(answer)))
        yield


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_an_authoritative_answer_says_so(net: Net, history: History, family: Family, transport: str) -> None:
    question = Question("Portal.vn", "AAAA", transport=transport, dnssec=True)
    seen = query(history, net.client, family, SECOND_SERVER[family], question)
    assert (seen.answer, seen.data["rcode"], seen.data["aa"]) == ("reply", "NOERROR", True)
    assert values(dict(seen.data), "AAAA") == ["3fff::80"]
    assert seen.raw[2] & 0x80


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_closed_port_and_a_silent_server_are_told_apart(
    net: Net, history: History, family: Family, transport: str
) -> None:
    question = Question("vn", "SOA", transport=transport)
    asks = [
        DnsAsk(net.client, family, SERVER[family], question, 54),
        DnsAsk(net.client, family, BLACKHOLE[family], question),
    ]
    closed, silent = many(history, asks, timeout=0.3)
    assert (closed.answer, closed.by) == ("refusal", SERVER[family])
    assert silent.answer == "silence"


@pytest.mark.parametrize("family", [4, 6])
def test_a_name_resolves_from_the_root_over_either_family(net: Net, history: History, family: Family) -> None:
    walk = iterate(history, net.client, [SERVER[family]], "portal.vn", "AAAA", family)
    assert walk.values == ("3fff::80",)
    assert [(step.zone, step.outcome) for step in walk.steps] == [(".", "referral"), ("vn.", "answer")]


def test_a_zone_whose_servers_have_glue_of_one_family_only_does_not_resolve_over_the_other(
    net: Net, history: History
) -> None:
    assert iterate(history, net.client, [SERVER[4]], "www.legacy", "AAAA", 4).resolved
    walk = iterate(history, net.client, [SERVER[6]], "www.legacy", "AAAA", 6)
    assert not walk.resolved
    assert walk.unusable == (("legacy.", "ns.legacy."),)
    assert "IPv6" in walk.why


@pytest.mark.parametrize("family", [4, 6])
def test_a_name_server_elsewhere_is_looked_up_over_the_same_family(net: Net, history: History, family: Family) -> None:
    walk = iterate(history, net.client, [SERVER[family]], "www.abroad", "A", family)
    assert walk.values == ("192.0.2.82",)
    assert [step.depth for step in walk.steps] == [0, 1, 1, 0]
    assert {step.seen.family for step in walk.steps} == {family}
