from dataclasses import replace

from harness.verdict.dhcp6 import Doubled, Served, duplicate, flags_agree

NOBODY = Served(None, None)
STATELESS = Served(None, 0.1, refused=True)
STATEFUL = Served(0.1, 0.1)


def said(*given):
    return [each.what for each in flags_agree("stttt-pc", *given, 2)]


def test_flags_that_agree_with_the_service_have_nothing_found():
    assert not said(True, True, STATEFUL)
    assert not said(False, True, STATELESS)
    assert not said(False, False, NOBODY)


def test_a_promise_that_nobody_keeps_is_found():
    assert said(True, False, NOBODY) == ["M=1, O=0, but a SOLICIT is not answered"]
    assert said(True, False, STATELESS) == ["M=1, O=0, but a SOLICIT is answered without an address"]
    assert said(False, True, NOBODY) == ["M=0, O=1, but an INFORMATION-REQUEST is not answered"]


def test_a_service_that_nobody_promises_is_found():
    for served in (STATELESS, STATEFUL):
        assert said(False, False, served) == ["M=0, O=0, but a DHCPv6 server answers"]
    assert said(False, True, STATEFUL) == ["M=0, O=1, but a SOLICIT gets an address"]


def test_a_late_answer_is_found():
    assert len(said(True, True, Served(3.0, 0.1))) == 1
    assert len(said(False, True, Served(None, 3.0))) == 1


GOOD = Doubled("3fff::1", "ns1", "ns2", 1.2, False, 100, 0)


def test_a_duplicate_that_is_told_in_time_has_nothing_found():
    assert not duplicate(GOOD, 2)


def test_each_way_a_duplicate_goes_wrong_is_found():
    wrong = {
        "uses the address": replace(GOOD, failed_s=None, used=True),
        "is not told that it is a duplicate": replace(GOOD, failed_s=None),
        "dadfailed after 3.0 s": replace(GOOD, failed_s=3.0),
        "ns1 loses 2 of 100 echoes": replace(GOOD, lost=2),
    }
    for what, seen in wrong.items():
        assert [each.what for each in duplicate(seen, 2)] == [what]
