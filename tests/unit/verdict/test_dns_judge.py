from ipaddress import IPv6Network

from harness.history.seen import Seen
from harness.verdict import dns

OWN = IPv6Network("3fff:d40::/40")
SOA = {"name": "a.vn.", "type": "SOA", "ttl": 60, "values": ["x"]}


def asked(rcode="NOERROR", aa=True, answer=(SOA,), how="reply"):
    data = {"rcode": rcode, "aa": aa, "answer": list(answer)} if how == "reply" else {}
    return dns.Asked("ns1 IPv6 udp", Seen(0.0, "pc", 6, "dns", {}, how, data=data, event="e:1"))


def test_two_servers_with_aaaa_are_enough_and_the_same_one_twice_is_not():
    assert not dns.enough_servers("a.vn", ["ns1.", "ns2."])
    assert dns.enough_servers("a.vn", ["ns1.", "ns1."])
    assert "none" in str(dns.enough_servers("a.vn", [])[0])


def test_an_authoritative_soa_is_fine():
    assert not dns.authoritative([asked()])


def test_anything_but_an_authoritative_soa_is_found_with_its_event():
    bad = [asked(aa=False), asked(answer=()), asked(rcode="REFUSED"), asked(how="silence")]
    found = dns.authoritative(bad)
    assert len(found) == len(bad)
    assert found[0].event == "e:1"


def test_an_aaaa_of_the_block_is_legal_even_in_documentation_space():
    assert not dns.legal([("www", "3fff:d40:1::1")], OWN)


def test_an_aaaa_outside_the_block_or_of_an_illegal_kind_is_found():
    assert len(dns.legal([("www", "3fff:100::1")], OWN)) == 1
    for address in ("fc00::1", "fe80::1", "::ffff:192.0.2.1", "2002::1", "64:ff9b::1", "2001:db8::1"):
        assert len(dns.legal([("www", address)], OWN)) == 2


def test_documentation_space_is_illegal_for_a_real_block():
    assert len(dns.legal([("www", "3fff:1::1")], IPv6Network("2405:4800::/32"))) == 2


def test_a_resolver_that_answers_serves_and_one_that_refuses_does_not():
    assert not dns.serves([asked()])
    assert len(dns.serves([asked("REFUSED", answer=()), asked(how="silence"), asked(answer=())])) == 3


def test_only_refused_is_a_refusal():
    assert not dns.refuses([asked("REFUSED", answer=())])
    assert len(dns.refuses([asked(), asked(how="silence"), asked("SERVFAIL", answer=())])) == 3


def test_glue_is_true_only_if_it_is_what_the_zone_holds():
    assert not dns.true_glue("ns1 AAAA", ["3fff::1"], ["3fff::1"])
    for carried, held in (([], ["3fff::1"]), (["3fff::2"], ["3fff::1"]), ([], [])):
        assert dns.true_glue("ns1 AAAA", carried, held)


def test_a_zone_that_does_not_resolve_is_found_with_its_reason():
    assert [str(each) for each in dns.resolves({"a IPv4": (True, ""), "a IPv6": (False, "lame")})] == [
        "a IPv6: does not resolve: lame (expected an answer)"
    ]


def test_one_pointer_that_leads_back_is_fine_and_anything_else_is_found():
    assert not dns.points_back("3fff::1", ["www."], ["3fff::1"])
    for pointers, back in (([], []), (["a.", "b."], ["3fff::1"]), (["www."], ["3fff::2"]), (["www."], [])):
        assert len(dns.points_back("3fff::1", pointers, back)) == 1


def test_an_aaaa_serves_at_least_what_the_a_serves():
    assert not dns.listens("www", {"tcp 443"}, {"3fff::1": {"tcp 443", "tcp 80"}})
    found = dns.listens("www", {"tcp 443", "tcp 80"}, {"3fff::1": {"tcp 443", "tcp 80"}, "3fff::2": {"tcp 80"}})
    assert ["3fff::2" in str(each) and "tcp 443" in str(each) for each in found] == [True]


def test_an_aaaa_of_a_service_where_nothing_answers_is_found():
    assert not dns.answers("www", {"3fff::1": {"echo"}})
    assert dns.answers("www", {"3fff::1": set()})


def told(ttl=300, soa_ttl=300, minimum=300, rcode="NXDOMAIN", soa=True):
    answer = {"name": "www.", "type": "AAAA", "ttl": ttl, "values": ["3fff::1"]}
    authority = {"name": ".", "type": "SOA", "ttl": soa_ttl, "values": [f"ns. host. 1 60 10 1209600 {minimum}"]}
    data = {"rcode": rcode, "answer": [answer], "authority": [authority] if soa else []}
    return [dns.Asked("ns1", Seen(1.0, "citizen", 4, "dns", {}, "reply", "ns1", data))]


def test_an_aaaa_that_is_kept_for_longer_than_five_minutes_is_found():
    assert dns.fresh(told(), 300) == ()
    assert "may be kept for 301 s" in str(dns.fresh(told(ttl=301), 300)[0])


def test_a_no_is_kept_for_the_lesser_of_the_two_lifetimes_of_the_soa():
    assert dns.forgotten(told(), 300) == dns.forgotten(told(soa_ttl=3600), 300) == ()
    assert dns.forgotten(told(minimum=3600), 300) == ()
    assert "may be kept for 3600 s" in str(dns.forgotten(told(soa_ttl=3600, minimum=3600), 300)[0])


def test_a_no_without_an_soa_and_a_refusal_are_found():
    assert dns.forgotten(told(soa=False), 300)
    assert dns.forgotten(told(rcode="REFUSED"), 300)
