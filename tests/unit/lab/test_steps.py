import itertools
from pathlib import Path

import pytest

from harness.lab.node_change import node_change
from harness.lab.steps import order
from harness.render.diff import diff
from harness.render.tree import NodeTree, Source, TreeFile

ROLES = {
    "stttt-sw": "switch",
    "fw1": "firewall",
    "portal": "web",
    "ns1": "nameserver",
    "resolver1": "resolver",
    "stttt-gw": "gateway",
    "stttt-pc": "client",
}
FILES = {
    "stttt-sw": ("etc/nftables.conf",),
    "fw1": ("etc/nftables.conf", "etc/frr/frr.conf"),
    "portal": ("etc/network/ip.batch", "etc/nginx/nginx.conf", "etc/resolv.conf"),
    "ns1": ("etc/bind/named.conf", "etc/bind/zones/reverse6.zone", "etc/bind/zones/domain.zone"),
    "resolver1": ("etc/unbound/unbound.conf",),
    "stttt-gw": ("etc/nftables.conf", "etc/radvd.conf"),
    "stttt-pc": ("etc/dhcpcd.conf", "etc/v6lab/leases"),
}
EVERYTHING = [
    ("fences", {"stttt-sw", "stttt-gw"}),
    ("paths", {"fw1", "portal"}),
    ("services", {"portal", "ns1"}),
    ("openings", {"fw1"}),
    ("resolvers", {"resolver1"}),
    ("files", {"portal"}),
    ("hosts", {"stttt-gw"}),
    ("machines", {"stttt-pc"}),
    ("reverse zones", {"ns1"}),
    ("forward zones", {"ns1"}),
]


def file(text):
    return TreeFile(text.encode(), 0o644, Source("21-pilot", Path("x")))


def trees(text, files=FILES):
    return {node: NodeTree(node, {path: file(text) for path in paths}) for node, paths in files.items()}


def ordered(*, backward=False, nodes=FILES):
    old, new = trees("old"), trees("new")
    found = diff(old, new)
    change = tuple(
        node_change(node, [each for each in found if each.node == node], old, new) for node in nodes if node in FILES
    )
    return order(change, ROLES, backward=backward)


def names(actions):
    return [
        (each.name.split(":")[0].removesuffix(" that are read when they are used"), {part.node for part in each.nodes})
        for each in actions
    ]


def test_forward_a_family_is_fenced_first_and_spoken_of_last():
    assert names(ordered()) == EVERYTHING


def test_backward_it_is_unsaid_first_and_the_fences_go_last():
    found = names(ordered(backward=True))
    assert [each for each in found if each[0] != "machines"] == [
        each for each in EVERYTHING[::-1] if each[0] != "machines"
    ]


def test_machines_ask_anew_when_those_who_answer_have_changed_whatever_the_way():
    for found in (names(ordered()), names(ordered(backward=True))):
        asked = [name for name, _ in found]
        assert asked.index("machines") == asked.index("hosts") + 1


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize(
    ("old", "new", "first", "second"),
    [
        ("allow a\n", "allow a\nallow b\n", "doors that open", "hosts"),
        ("allow a\nallow b\n", "allow a\n", "machines", "doors that close"),
        (None, "allow a\n", "doors that open", "hosts"),
        ("allow a\n", None, "machines", "doors that close"),
    ],
)
def test_dns64_serves_hosts_as_long_as_they_are_sent_there_whatever_the_way(old, new, first, second, backward):
    told = {"stttt-gw": ("etc/radvd.conf",), "stttt-pc": ("etc/dhcpcd.conf",)}
    one, other = trees("old", told), trees("new", told)
    for side, text in ((one, old), (other, new)):
        files = {"etc/unbound/unbound-dns64.conf": text} if text else {}
        side["resolver1"] = NodeTree("resolver1", {path: file(each) for path, each in files.items()})
    found = diff(one, other)
    change = tuple(node_change(node, [each for each in found if each.node == node], one, other) for node in one)
    actions = [name for name, _ in names(order(change, ROLES, backward=backward))]
    assert (first, second) in itertools.pairwise(actions)


def test_what_concerns_nobody_is_no_sub_action():
    assert names(ordered(nodes=["portal"])) == [
        ("paths", {"portal"}), ("services", {"portal"}), ("files", {"portal"})
    ]  # fmt: skip


def test_every_changed_file_goes_with_exactly_one_sub_action():
    gone = [(part.node, file.path) for action in ordered() for part in action.nodes for file in part.files]
    assert sorted(gone) == sorted((node, path) for node, paths in FILES.items() for path in paths)


def test_a_zone_is_published_by_the_daemon_that_was_told_of_its_settings_before():
    told = [action.name for action in ordered() for part in action.nodes if part.node == "ns1"]
    assert told == ["services: what listens", "reverse zones", "forward zones"]
