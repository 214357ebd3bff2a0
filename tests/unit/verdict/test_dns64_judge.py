from ipaddress import ip_network

from harness.verdict import dns64 as judge

PREFIX = ip_network("3fff:d40:1:64::/96")


def test_the_prefix_is_read_out_of_the_well_known_name():
    assert judge.discovered(["3fff:d40:1:64::c000:aa", "3fff:d40:1:64::c000:ab"]) == ("3fff:d40:1:64::/96",)


def test_an_answer_without_a_well_known_address_tells_no_prefix():
    assert judge.discovered(["3fff:d40:1:64::1"]) == ("3fff:d40:1:64::1",)


def test_one_prefix_at_every_place_is_fine():
    assert not judge.one_prefix(PREFIX, {"RA": ["3fff:d40:1:64::/96"], "translator": ["3fff:d40:1:64::/96"]})


def test_a_place_with_another_prefix_or_none_or_two_is_found():
    for held in ([], ["64:ff9b::/96"], ["3fff:d40:1:64::/96", "64:ff9b::/96"]):
        (finding,) = judge.one_prefix(PREFIX, {"RA": held, "translator": [str(PREFIX)]})
        assert finding.where == "RA"


def test_a_prefix_that_ends_before_its_router_is_found():
    assert not judge.lasts_as_long("LAN", [1800], 1800)
    for seconds in (0, 1792, 1801, 65536):
        assert judge.lasts_as_long("LAN", [seconds], 1800)


def test_a_real_aaaa_is_fine_and_one_behind_a_translator_is_found():
    assert not judge.nothing_made_up("pc", ["3fff:300:30::5"], [PREFIX])
    assert judge.nothing_made_up("pc", ["3fff:300:30::5", "3fff:d40:1:64::c000:235"], [PREFIX])


def test_a_resolver_that_fails_because_of_a_bit_in_the_question_is_found():
    fine, failed = (judge.Told("AAAA at r", rcode, (), True) for rcode in ("NOERROR", "SERVFAIL"))
    assert not judge.all_answered([fine])
    assert "SERVFAIL" in str(judge.all_answered([fine, failed])[0])


def test_who_validates_alone_gets_nothing_made_up_and_a_signed_proof():
    proof, made, bare = (
        judge.Told("AAAA at r", "NOERROR", given, signed)
        for given, signed in (((), True), (("3fff::c000:201",), False), ((), False))
    )
    assert not judge.left_to_validators([proof])
    assert "3fff::c000:201" in str(judge.left_to_validators([made])[0])
    assert "without a signature" in str(judge.left_to_validators([bare])[0])
