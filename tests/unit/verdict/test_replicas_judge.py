from harness.history.seen import Seen
from harness.verdict import replicas


def seen(rcode="NOERROR", records=0, answer="reply"):
    return Seen(0.0, "ns2", 6, "dns_transfer", {}, answer, data={"rcode": rcode, "records": records, "serial": None})


def test_equal_serials_have_nothing_found():
    assert not replicas.agree("gov.vn", {"ns1 IPv4": 7, "ns2 IPv6": 7})


def test_different_and_missing_serials_are_found():
    assert [each.what for each in replicas.agree("gov.vn", {"ns1": 7, "ns2": 8})] == [
        "serials differ: 7 at ns1, 8 at ns2"
    ]
    assert [each.what for each in replicas.agree("gov.vn", {"ns1": 7, "ns2": None})] == ["ns2 gives no serial"]


def test_a_transfer_is_allowed_only_if_it_comes_whole():
    assert not replicas.allowed([("ns2", seen(records=12))])
    for bad in (seen(), seen("REFUSED"), seen(answer="silence")):
        assert len(replicas.allowed([("ns2", bad)])) == 1


def test_a_transfer_is_refused_only_in_so_many_words():
    assert not replicas.refused([("citizen", seen("REFUSED")), ("citizen", seen("NOTAUTH"))])
    for bad in (seen(records=12), seen(), seen(answer="silence")):
        assert len(replicas.refused([("citizen", bad)])) == 1
