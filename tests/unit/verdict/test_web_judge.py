from harness.history.seen import Seen
from harness.verdict import web


def seen(family=6, answer="reply", status=200, body="aa", headers=None, **more):
    data = {"status": status, "body_sha256": body, "headers": headers or {"server": ["nginx"]}, **more}
    return Seen(0.0, "pc", family, "http", {"port": 443}, answer, data=data if answer == "reply" else {}, event="e:1")


def pair(**changed):
    return web.Pair("www", {4: seen(4), 6: seen(6, **changed)})


def test_a_site_needs_an_aaaa():
    assert not web.has_address("www", ["3fff::1"])
    assert web.has_address("www", [])


def test_one_open_port_of_an_address_is_enough_and_none_is_not():
    assert not web.connects("www", [seen(answer="refusal"), seen()])
    assert "443: silence" in str(web.connects("www", [seen(answer="silence")])[0])
    assert web.connects("www", [])


def test_the_same_site_in_both_families_is_fine_whatever_its_date():
    dated = pair(headers={"server": ["nginx"], "date": ["now"]})
    assert not web.same_site([pair(), dated])


def test_each_difference_between_the_families_is_found():
    for changed in ({"status": 404}, {"body": "bb"}, {"headers": {"server": ["other"]}}, {"answer": "silence"}):
        assert web.same_site([pair(**changed)])[0].event == "e:1"


def test_a_site_that_no_family_shows_gives_nothing_to_compare():
    dead = web.Pair("www", {4: seen(4, "refusal"), 6: seen(6, "refusal")})
    assert web.reached([dead, pair()]) == ("www",)


def test_the_same_handshake_is_fine_and_each_difference_is_found():
    assert not web.same_tls([pair()])
    for changed in (
        {"fingerprint": "other"},
        {"chain": ["other"]},
        {"tls_version": "TLSv1.2"},
        {"status": 200, "headers": {"strict-transport-security": ["max-age=1"]}},
        {"status": 421},
    ):
        assert len(web.same_tls([pair(**changed)])) == 1


def test_records_that_name_the_client_whole_are_fine():
    told = {"the access log": "3fff:10::1 40000", "the database": "3fff:10::1"}
    assert not web.kept("dvc about pc", told, "3fff:10::1", 40000)


def test_a_record_of_somebody_else_another_port_or_none_is_found():
    for said in ("::1 40000", "192.0.2.66 40000", "3fff:10::1 1", "3fff:10::", ""):
        assert web.kept("dvc about pc", {"the access log": said}, "3fff:10::1", 40000)
