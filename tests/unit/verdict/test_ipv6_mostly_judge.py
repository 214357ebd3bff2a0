from dataclasses import replace
from ipaddress import ip_network

from harness.verdict import ipv6_mostly as judge
from harness.verdict.ipv6_mostly import Given

LAN = ip_network("10.10.30.0/24")
FINE = Given("10.10.30.130", None, kept=True, router_answers=True)


def test_a_legacy_client_with_an_address_that_works_is_fine():
    assert not judge.keeps_ipv4("legacy", FINE, LAN)


def test_a_legacy_client_without_ipv4_or_that_is_told_to_do_without_is_found():
    assert "no IPv4 address" in str(judge.keeps_ipv4("legacy", None, LAN)[0])
    assert "option 108" in str(judge.keeps_ipv4("legacy", replace(FINE, v6only_s=1800), LAN)[0])
    assert "may not keep" in str(judge.keeps_ipv4("legacy", replace(FINE, kept=False), LAN)[0])
    assert "router does not answer" in str(judge.keeps_ipv4("legacy", replace(FINE, router_answers=False), LAN)[0])
    assert "10.9.0.1" in str(judge.keeps_ipv4("legacy", replace(FINE, address="10.9.0.1"), LAN)[0])


def test_a_capable_client_is_told_so_for_long_enough():
    assert not judge.does_without("capable", replace(FINE, v6only_s=1800), 300)
    assert "with 60 s" in str(judge.does_without("capable", replace(FINE, v6only_s=60), 300)[0])
    assert "though it asks" in str(judge.does_without("capable", FINE, 300)[0])
    assert "is not answered" in str(judge.does_without("capable", None, 300)[0])
