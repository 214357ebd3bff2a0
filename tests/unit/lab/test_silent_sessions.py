from pathlib import Path

from harness.lab.node_change import node_change
from harness.lab.silent_sessions import FILE, NOTHING, fresh, silent
from harness.lab.steps import ANNOUNCEMENTS, order
from harness.render.diff import diff
from harness.render.tree import NodeTree, Source, TreeFile

OLD = """router bgp 65540
 neighbor 198.51.100.2 remote-as 64496
 address-family ipv4 unicast
  neighbor 198.51.100.2 route-map RM-OUT4 out
 exit-address-family
exit
"""
NEW = OLD.replace(
    " address-family",
    """ neighbor 3fff:100::2 remote-as 64496
 neighbor 3fff:d40::2 remote-as 65540
 address-family""",
    1,
).replace(
    "exit\n",
    """ address-family ipv6 unicast
  neighbor 3fff:100::2 route-map RM-IN6 in
  neighbor 3fff:100::2 route-map RM-OUT6 out
  neighbor 3fff:d40::2 route-map RM-IBGP out
 exit-address-family
exit
""",
)


ROLES = {"edge1": "edge", "resolver1": "resolver"}


def actions(old, new, *, role="edge", backward=False, resolvers=False):
    def tree(node, path, text):
        return NodeTree(node, {path: TreeFile(text.encode(), 0o640, Source("s", Path("x")))})

    before, after = ({"edge1": tree("edge1", FILE, text)} for text in (old, new))
    if resolvers:
        for trees, text in ((before, "do-ip6: no"), (after, "do-ip6: yes")):
            trees["resolver1"] = tree("resolver1", "etc/unbound/unbound.conf", text)
    found = diff(before, after)
    change = tuple(node_change(node, [each for each in found if each.node == node], before, after) for node in before)
    return order(change, {**ROLES, "edge1": role}, backward=backward)


def test_only_an_external_session_that_is_new_beside_others_says_nothing():
    assert fresh(OLD, NEW) == {"3fff:100::2"}
    text = silent(OLD, NEW)
    assert f"  neighbor 3fff:100::2 route-map {NOTHING} out" in text
    assert "neighbor 3fff:100::2 route-map RM-IN6 in" in text
    assert "neighbor 198.51.100.2 route-map RM-OUT4 out" in text
    assert "neighbor 3fff:d40::2 route-map RM-IBGP out" in text
    assert f"route-map {NOTHING} deny 10" in text


def test_a_routers_first_sessions_speak_at_once_and_an_edit_of_old_ones_is_left_alone():
    assert silent("ip route 0.0.0.0/0 198.51.100.2\n", NEW) is None
    assert silent(NEW, NEW.replace("RM-OUT6", "RM-OTHER")) is None
    assert silent(NEW, OLD) is None


def test_resolvers_ask_in_a_family_when_the_world_has_been_told_the_way_back():
    assert [each.name.partition(":")[0] for each in actions(OLD, NEW, resolvers=True)][-2:] == [
        "announcements", "resolvers"
    ]  # fmt: skip


def test_a_border_comes_up_silent_and_speaks_in_a_sub_action_of_its_own():
    paths, spoken = actions(OLD, NEW)
    assert (paths.name.partition(":")[0], spoken.name) == ("paths", ANNOUNCEMENTS)
    assert NOTHING in paths.nodes[0].text("new", FILE)
    assert spoken.nodes[0].text("new", FILE) == NEW
    assert paths.nodes[0].files[0].new.mode == 0o640
    assert [each.name for each in spoken.nodes[0].reloaded] == ["30-frr"]


def test_what_others_announce_and_what_goes_needs_no_silence():
    assert len(actions(OLD, NEW, role="isp")) == 1
    assert len(actions(NEW, OLD, backward=True)) == 1
