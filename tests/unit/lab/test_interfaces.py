import pytest

from harness.errors import WrongInput
from harness.lab.interfaces import Transition, transition

OLD = """\
link set eth1 up
address add 192.0.2.31/24 dev eth1
address add 3fff::31/64 dev eth1 nodad
route add default via 192.0.2.1 dev eth1
"""


def test_nothing_is_undone_where_nothing_is_gone():
    found = transition("portal", OLD, OLD)
    assert found.undone == ""
    assert found.done == "route replace default via 192.0.2.1 dev eth1\n"


def test_an_address_that_moves_is_taken_away_and_the_new_one_added_before_the_routes():
    found = transition("portal", OLD, OLD.replace("192.0.2.31", "192.0.2.39"))
    assert found.undone == "address del 192.0.2.31/24 dev eth1\n"
    assert found.done.splitlines() == [
        "address add 192.0.2.39/24 dev eth1",
        "route replace default via 192.0.2.1 dev eth1",
    ]


def test_an_address_is_deleted_without_the_words_that_only_adding_knows():
    found = transition("portal", OLD, OLD.replace("address add 3fff::31/64 dev eth1 nodad\n", ""))
    assert found.undone == "address del 3fff::31/64 dev eth1\n"


def test_what_is_gone_is_undone_in_reverse_order():
    found = transition("portal", OLD, "link set eth1 up\n")
    assert found.undone.splitlines() == [
        "route del default via 192.0.2.1 dev eth1",
        "address del 3fff::31/64 dev eth1",
        "address del 192.0.2.31/24 dev eth1",
    ]


MACVLAN = """\
link add vrrp4-dmz link dmz type macvlan mode bridge
link set vrrp4-dmz address 00:00:5e:00:01:0a
address add 192.0.2.1/32 dev vrrp4-dmz
link set vrrp4-dmz up
"""


def test_a_link_that_goes_takes_with_it_what_hung_on_it():
    found = transition("fw1", MACVLAN, "")
    assert found == Transition(unlinked="link del vrrp4-dmz\n")


def test_a_link_that_is_made_anew_gets_all_its_lines_again():
    found = transition("fw1", MACVLAN, MACVLAN.replace("mode bridge", "mode private"))
    assert found.undone == "link del vrrp4-dmz\n"
    assert found.done == MACVLAN.replace("mode bridge", "mode private")


def test_a_setting_that_has_no_opposite_is_refused_by_node_and_line():
    with pytest.raises(WrongInput, match=r"stttt-sw:etc/network/ip.batch.*link set pc master br-lan"):
        transition("stttt-sw", "link set pc master br-lan\n", "")


def test_an_interface_that_is_not_used_any_more_stays_up_as_every_link_of_a_lab_is():
    found = transition("nat64", "link set eth1 up\naddress add 192.0.2.4/28 dev eth1\n", "")
    assert (found.undone.splitlines(), found.done) == (["address del 192.0.2.4/28 dev eth1"], "")


def test_comments_and_blank_lines_change_nothing():
    assert transition("portal", OLD, "# a comment\n\n" + OLD) == transition("portal", OLD, OLD)
