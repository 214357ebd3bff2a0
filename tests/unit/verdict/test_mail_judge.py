from dataclasses import replace

import pytest

from harness.history.seen import Seen
from harness.verdict import mail


def seen(answer="reply", **data):
    return Seen(0.0, "pc", 6, "smtp", {}, answer, data=data, event="e:1")


def test_a_domain_needs_an_exchanger_and_the_exchanger_an_aaaa():
    assert not mail.exchangers("a.vn", ["mail"]) + mail.has_address("mail", ["3fff::1"])
    assert mail.exchangers("a.vn", [])
    assert mail.has_address("mail", [])


def test_a_banner_of_220_is_fine():
    assert not mail.greets([("mail", seen(banner=220))])


def test_another_banner_and_none_at_all_are_found():
    found = mail.greets([("mail", seen(banner=554)), ("mail", seen("silence"))])
    assert [each.what for each in found] == ["banner 554", "silence"]


def test_refusing_to_relay_alike_in_both_families_is_fine():
    assert not mail.relays_nothing("pc", {4: 554, 6: 554}, {}) + mail.relays_nothing("pc", {4: 454, 6: 454}, {})


def test_an_open_relay_and_a_difference_are_found():
    assert len(mail.relays_nothing("pc", {4: 554, 6: 250}, {6: "e:1"})) == 2
    assert len(mail.relays_nothing("pc", {4: 554, 6: 550}, {})) == 1
    assert len(mail.relays_nothing("pc", {4: 451, 6: 451}, {})) == 2


KNOWN = mail.Sender("3fff::1", "mail.a.vn", ("mail.a.vn",), {"mail.a.vn": ("3fff::1",)}, "pass", "e:1")


def test_a_sender_whose_names_and_addresses_agree_is_fine():
    assert not mail.identified("mail in IPv6", KNOWN, "3fff:0::1")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"pointers": ()}, "3fff::1 has no PTR"),
        (
            {"pointers": ("host.a.vn",), "addresses": KNOWN.addresses | {"host.a.vn": ["3fff::1"]}},
            "greets as mail.a.vn",
        ),
        ({"addresses": {"mail.a.vn": ("3fff::2",)}}, "mail.a.vn leads to 3fff::2"),
        ({"addresses": {}}, "mail.a.vn leads to no address"),
        ({"spf": "fail"}, "SPF says fail of 3fff::1"),
    ],
)
def test_each_thing_that_does_not_agree_is_found(changed, said):
    found = mail.identified("mail in IPv6", replace(KNOWN, **changed), "3fff::1")
    assert [each.what for each in found] == [said]


def test_an_address_that_is_not_the_planned_one_is_found():
    assert mail.identified("mail", KNOWN, "3fff::41")[0].what == "sends from 3fff::1"
