import pytest

from harness.verdict.spf import check

RECORDS = {
    ("a.vn", "TXT"): ['"v=spf1 mx ip6:3fff:1::/48 -all"', '"something else"'],
    ("a.vn", "MX"): ["10 mail.a.vn."],
    ("mail.a.vn.", "A"): ["192.0.2.1"],
    ("mail.a.vn.", "AAAA"): ["3fff:2::1"],
    ("b.vn", "TXT"): ['"v=spf1 include:a.vn a/24//64 ~all"'],
    ("b.vn", "A"): ["198.51.100.9"],
    ("b.vn", "AAAA"): ["3fff:9::9"],
    ("c.vn", "TXT"): ['"v=spf1 redirect=a.vn"'],
    ("d.vn", "TXT"): ['"v=spf1 ip4:192.0.2.7"', '"v=spf1 -all"'],
    ("e.vn", "TXT"): ['"v=spf1 ipv6:3fff::1 -all"'],
    ("f.vn", "TXT"): ['"v=spf1 include:f.vn -all"'],
    ("g.vn", "TXT"): ['"v=spf1 ip4:192.0.2.0/24 " "ip6:3fff:7::7 ?all"'],
    ("h.vn", "TXT"): ['"v=spf1 ip4:192.0.2.7"'],
}


@pytest.mark.parametrize(
    ("domain", "sender", "result"),
    [
        ("a.vn", "192.0.2.1", "pass"),
        ("a.vn", "3fff:2::1", "pass"),
        ("a.vn", "3fff:1:0:5::1", "pass"),
        ("a.vn", "192.0.2.2", "fail"),
        ("a.vn", "3fff:2::2", "fail"),
        ("b.vn", "3fff:2::1", "pass"),
        ("b.vn", "198.51.100.200", "pass"),
        ("b.vn", "3fff:9::ffff", "pass"),
        ("b.vn", "3fff:9:0:1::9", "softfail"),
        ("c.vn", "192.0.2.1", "pass"),
        ("c.vn", "192.0.2.2", "fail"),
        ("d.vn", "192.0.2.7", "permerror"),
        ("e.vn", "3fff::1", "permerror"),
        ("f.vn", "3fff::1", "permerror"),
        ("g.vn", "3fff:7::7", "pass"),
        ("g.vn", "3fff:7::8", "neutral"),
        ("h.vn", "192.0.2.8", "neutral"),
        ("none.vn", "192.0.2.1", "none"),
    ],
)
def test_a_record_says_of_an_address_what_the_rfc_says(domain, sender, result):
    assert check(domain, sender, lambda name, rdtype: RECORDS.get((name, rdtype), ())) == result
