from pathlib import Path

from harness.lab.caches import kept_seconds
from harness.lab.node_change import node_change
from harness.render.diff import diff
from harness.render.tree import NodeTree, Source, TreeFile

ZONE = "etc/bind/zones/domain.zone"


def change(path, old, new):
    source = Source("21-pilot", Path("x"))
    sides = [
        {"ns1": NodeTree("ns1", {p: TreeFile(text.encode(), 0o644, source) for p, text in ((path, text), NAMED)})}
        for text in (old, new)
    ]
    return (node_change("ns1", diff(*sides), *sides),)


NAMED = ("etc/bind/named.conf", "options { };\n")


def test_an_answer_is_waited_for_as_long_as_the_longer_of_both_zones_lets_it_be_kept():
    assert kept_seconds(change(ZONE, "$TTL 5\n@ A 192.0.2.1\n", "$TTL 60\n@ AAAA 2001:db8::1\n")) == 60


def test_where_no_zone_changes_nothing_is_waited_for():
    assert kept_seconds(change("etc/resolv.conf", "a", "b")) == 0
