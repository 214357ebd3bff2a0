from ipaddress import ip_network

from harness.verdict import ipv6_only as judge
from harness.verdict.ipv6_only import Use

POOL = ip_network("198.51.100.48/28")
PREFIX = ip_network("3fff:d40:1:64::/96")
MADE, REAL = "3fff:d40:1:64::c000:235", "3fff:300:30::5"


def test_loopback_alone_is_no_ipv4_and_anything_else_is():
    assert not judge.no_ipv4("v6", ["127.0.0.1"])
    assert "192.0.0.1" in str(judge.no_ipv4("v6", ["127.0.0.1", "192.0.0.1"])[0])


def test_a_service_that_does_not_work_is_found_with_what_it_said():
    uses = [Use("v6: portal", True, "200"), Use("v6: NTP", False, "silence", "e:1")]
    (finding,) = judge.all_used(uses)
    assert "NTP" in str(finding)
    assert finding.event == "e:1"


def test_a_client_is_seen_at_an_address_of_the_pool_or_it_is_found():
    assert not judge.from_pool("log", "198.51.100.50\n", POOL)
    for said in ("198.51.100.70", "", "no address", "3fff::1"):
        assert judge.from_pool("log", said, POOL)


def test_a_synthesised_answer_is_the_right_one_and_no_other():
    assert not judge.synthesised("x", ["3fff:d40:1:64::c000:235"], ["3fff:d40:1:64:0::c000:235"])
    for given in ([], ["64:ff9b::c000:235"], [MADE, REAL]):
        assert judge.synthesised("x", given, [MADE])


def test_the_real_aaaa_are_fine_in_any_order_and_spelling():
    assert not judge.never_synthesised("x", [REAL, "3fff::2"], ["3fff:0::2", REAL], [PREFIX])


def test_a_synthesised_aaaa_beside_or_instead_of_the_real_one_is_found():
    assert "synthesised" in str(judge.never_synthesised("x", [MADE, REAL], [REAL], [PREFIX])[0])
    assert "synthesised" in str(judge.never_synthesised("x", [MADE], [REAL], [PREFIX])[0])


def test_a_resolver_that_gives_no_aaaa_or_another_one_is_found():
    assert judge.never_synthesised("x", [], [REAL], [PREFIX])
    assert judge.never_synthesised("x", ["3fff::9"], [REAL], [PREFIX])


def test_state_that_ends_too_soon_or_is_unknown_is_found():
    least = {"UDP": 120.0, "TCP": 7440.0}
    assert not judge.lasts("nat64", {"UDP": 120.0, "TCP": 432000.0}, least)
    assert "30 s" in str(judge.lasts("nat64", {"UDP": 30.0, "TCP": 7440.0}, least)[0])
    assert "not known" in str(judge.lasts("nat64", {"UDP": 300.0, "TCP": None}, least)[0])


def test_who_was_served_at_an_ipv4_address_without_sending_ipv6_to_its_translator_is_found():
    behind = {"phone": "3fff:100:0:64::c000:235", "tablet": "3fff:100:0:64::c000:235"}
    (finding,) = judge.by_translation("192.0.2.53", ["phone", "tablet"], {"phone"}, behind)
    assert "tablet" in str(finding)


def test_who_reaches_an_ipv4_address_without_clat_is_found():
    assert not judge.not_without("192.0.2.53", {"pc": "unreachable", "laptop": "silence"})
    assert "pc to 192.0.2.53" in str(judge.not_without("192.0.2.53", {"pc": "reply"})[0])
