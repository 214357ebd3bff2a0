from dataclasses import replace
from ipaddress import IPv6Network

from harness.plan.model import Lan, Span
from harness.verdict import ra

NET = IPv6Network("3fff:d40:10:10::/64")
LAN = Lan("pc", "stttt", 1, "wired", "lan", "", {6: NET}, {6: Span("a")}, {"gw": 1}, {"pc": None}, ra="stateless")
GOOD = ra.Advertised(False, True, "medium", 1800, 1500, {str(NET): (True, True, 5400, 2700)}, {"3fff::53": 1800})


def judge(translated=False, **changed):
    return ra.as_planned("pc", LAN, replace(GOOD, **changed), ["3fff::53"], 90, translated=translated)


def test_what_the_plan_says_is_fine():
    assert not judge()


def test_each_deviation_is_found():
    for changed in (
        {"managed": True},
        {"other": False},
        {"preference": "high"},
        {"mtu": 0},
        {"mtu": 9000},
        {"router_lifetime": 60},
        {"router_lifetime": 9001},
        {"prefixes": {}},
        {"prefixes": {str(NET): (True, False, 5400, 2700)}},
        {"prefixes": {str(NET): (True, True, 100, 200)}},
        {"resolvers": {}},
        {"resolvers": {"3fff::53": 89}},
        {"pref64": ("64:ff9b::/96",)},
    ):
        assert len(judge(**changed)) == 1, changed


def test_a_lan_that_is_translated_hears_the_translators_prefix_and_another_does_not():
    prefix = ("3fff:d40:1:64::/96",)
    assert not judge(translated=True, pref64=prefix)
    assert [each.what for each in judge(translated=True)] == ["PREF64 is not set"]
    assert [each.what for each in judge(pref64=prefix)] == ["PREF64 is set"]


USED = {"3fff::53": "NOERROR"}


def learned(used=USED, seen=GOOD):
    return [each.what for each in ra.learned("pc", seen, used, 90)]


def test_a_resolver_that_is_advertised_and_answers_is_fine():
    assert not learned()
    assert not learned(seen=replace(GOOD, resolvers={}))  # O=1: DHCPv6 gives it


def test_a_host_without_a_resolver_or_with_a_deaf_one_is_found():
    assert learned(used={}) == ["the host knows no resolver over IPv6"]
    assert learned(used={"3fff::53": "silence"}) == ["resolver 3fff::53 answers silence"]
    assert learned(used={"3fff::53": "REFUSED"})


def test_a_resolver_that_will_be_forgotten_is_found():
    bare = replace(GOOD, other=False, resolvers={})
    assert len(learned(seen=bare)) == 2
    assert learned(seen=replace(GOOD, resolvers={"3fff::53": 89})) == ["resolver 3fff::53 for 89 s"]
    assert learned(seen=None) == ["no advertisement after a solicitation"]
