from harness.lab.old_ways import leaves_inner_bgp, with_ways_of
from harness.lab.silent_sessions import FILE
from harness.lab.steps import INNER, OLD_WAYS
from tests.unit.lab.test_silent_sessions import actions

STATIC = """hostname edge1
ip route 203.0.113.0/24 reject
!
interface lo
 ip ospf area 0
exit
!
ip route 0.0.0.0/0 198.51.100.2
router ospf
 timers throttle lsa all 100
 default-information originate metric 10
exit
"""
BGP = """hostname edge1
ip route 203.0.113.0/24 reject
!
router bgp 65540
 neighbor 198.51.100.2 remote-as 64496
 address-family ipv4 unicast
  neighbor 198.51.100.2 activate
 exit-address-family
exit
!
router ospf
 timers throttle lsa all 100
exit
"""
ISP = BGP.replace("  neighbor", "  network 192.0.2.0/24\n  neighbor")
WITH_CUSTOMER = BGP.replace(" address-family", " neighbor 198.51.100.9 remote-as 65540\n address-family")


def test_where_bgp_comes_static_routes_and_a_default_of_ospf_stay_beside_it():
    both = with_ways_of(BGP, STATIC).splitlines()
    assert set(both) == {*BGP.splitlines(), *STATIC.splitlines()} - {"interface lo", " ip ospf area 0"}
    assert both.index(" default-information originate metric 10") == both.index("router ospf") + 1


def test_what_an_isp_says_for_a_customer_stays_until_the_customer_speaks():
    assert "  network 192.0.2.0/24" in with_ways_of(WITH_CUSTOMER, ISP).splitlines()


def test_a_way_that_has_a_successor_of_its_own_kind_is_not_kept():
    assert with_ways_of(BGP + "ip route 0.0.0.0/0 198.51.100.6\n", STATIC).count("ip route 0.0.0.0/0 ") == 1


def test_without_a_new_neighbour_a_way_goes_at_once():
    assert with_ways_of(BGP, BGP + "ip route 0.0.0.0/0 198.51.100.2\n") is None


def texts(found):
    return [
        (action.name.split(":")[0], file.new.content.decode())
        for action in found
        for part in action.nodes
        for file in part.files
        if file.path == FILE
    ]


def test_forward_the_old_ways_go_last_of_the_routing():
    both = with_ways_of(BGP, STATIC)
    assert texts(actions(STATIC, BGP)) == [("paths", both), (OLD_WAYS.split(":")[0], BGP)]


def test_backward_they_come_before_bgp_goes():
    both = with_ways_of(BGP, STATIC)
    assert texts(actions(BGP, STATIC, backward=True)) == [(OLD_WAYS.split(":")[0], both), ("paths", STATIC)]


CORE = BGP.replace("neighbor 198.51.100.2 remote-as 64496", "neighbor 203.0.113.33 remote-as 65540")
WITHOUT = BGP.split("router bgp", maxsplit=1)[0] + "router ospf" + BGP.split("router ospf")[1]


def test_backward_inner_routers_go_before_the_borders():
    assert leaves_inner_bgp(CORE, WITHOUT)
    assert texts(actions(CORE, WITHOUT, backward=True)) == [(INNER.split(":")[0], WITHOUT), ("paths", WITHOUT)]


def test_a_border_goes_with_the_others():
    assert not leaves_inner_bgp(BGP, WITHOUT)
    assert texts(actions(BGP, WITHOUT, backward=True)) == [("paths", WITHOUT)]


def test_an_inner_router_that_keeps_a_neighbour_goes_nowhere():
    assert not leaves_inner_bgp(CORE, CORE)
    assert not leaves_inner_bgp(WITHOUT, WITHOUT)
