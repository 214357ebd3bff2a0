"""DNS messages as data, and what each answer means to a walk from the root."""

from __future__ import annotations

from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from harness.history.seen import Answer, Seen
from harness.probe.dns_message import Question, describe, is_response_to, parse, values
from harness.probe.dns_walk import glue, judge


def response(*, aa: bool = False, rcode: str = "NOERROR", **sections: list[str]) -> dict[str, Any]:
    query = Question("www.example.vn", "AAAA").message()
    message = dns.message.make_response(query)
    message.flags |= dns.flags.AA if aa else 0
    message.set_rcode(dns.rcode.from_text(rcode))
    for name, records in sections.items():
        for record in records:
            owner, rdtype, value = record.split(maxsplit=2)
            getattr(message, name).append(dns.rrset.from_text(owner, 60, "IN", rdtype, value))
    wire = message.to_wire()
    assert is_response_to(query, wire)
    return describe(parse(wire), len(wire))


def seen(data: dict[str, Any], answer: Answer = "reply") -> Seen:
    return Seen(0.0, "client", 6, "dns", {}, answer, "3fff::53", data)


def test_a_question_carries_the_bits_that_were_asked_for() -> None:
    message = Question(
        "example.vn", "SOA", recursion=False, dnssec=True, checking_disabled=True, edns_size=512
    ).message()
    assert not message.flags & dns.flags.RD
    assert message.flags & dns.flags.CD
    assert message.ednsflags & dns.flags.DO
    assert message.payload == 512
    assert Question("example.vn", edns_size=0).message().edns == -1


def test_a_name_that_is_none_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="cannot be asked for"):
        Question("a" * 70).message()


def test_an_answer_is_described_by_flags_and_records() -> None:
    data = response(aa=True, answer=["WWW.example.vn. AAAA 3fff::1"])
    assert (data["rcode"], data["aa"], data["ad"], data["tc"]) == ("NOERROR", True, False, False)
    assert values(data, "AAAA", "www.EXAMPLE.vn") == ["3fff::1"]
    assert values(data, "A") == []


def test_a_datagram_of_another_question_is_no_response() -> None:
    query = Question("example.vn").message()
    other = dns.message.make_response(Question("example.vn").message())
    other.id = query.id ^ 1
    assert not is_response_to(query, other.to_wire())
    assert not is_response_to(query, query.to_wire())
    assert not is_response_to(query, b"")


@pytest.mark.parametrize(
    ("data", "meaning"),
    [
        (response(aa=True, answer=["www.example.vn. AAAA 3fff::1"]), ("answer", "")),
        (response(aa=True, answer=["www.example.vn. CNAME web.example.vn."]), ("alias", "")),
        (response(aa=True, rcode="NXDOMAIN"), ("nxdomain", "")),
        (response(aa=True), ("nodata", "")),
        (response(), ("lame", "")),
        (response(rcode="REFUSED"), ("lame", "")),
        (response(authority=["example.vn. NS ns.example.vn."]), ("referral", "example.vn.")),
        (response(authority=["vn. NS ns.vn."]), ("lame", "")),
        (response(authority=["example.org. NS ns.example.org."]), ("lame", "")),
        ({"malformed": "x"}, ("lame", "")),
    ],
)
def test_an_answer_means_one_thing_to_a_walk(data: dict[str, Any], meaning: tuple[str, str]) -> None:
    assert judge("vn.", "www.example.vn.", "AAAA", seen(data)) == meaning


def test_a_server_that_did_not_answer_is_no_lame_one() -> None:
    assert judge("vn.", "www.example.vn.", "AAAA", seen({}, "unreachable")) == ("unreachable", "")


def test_only_glue_of_the_family_is_used() -> None:
    data = response(authority=["example.vn. NS a.vn."], additional=["a.vn. A 192.0.2.1", "a.vn. AAAA 3fff::1"])
    assert glue(data, "a.vn.", 6) == ("3fff::1",)
    assert glue(data, "a.vn.", 4) == ("192.0.2.1",)
    assert glue(data, "b.vn.", 4) == ()
