from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import ARP, Ether

from harness.probe import dhcp4

MAC, TRANSACTION = "02:00:00:00:00:09", b"\1\2\3\4"
GIVEN = dhcp4.Answer(dhcp4.OFFER, TRANSACTION, "10.0.0.9", "10.0.0.1", "10.0.0.1", None)


def options(frame):
    return {each[0]: each[1] for each in Ether(frame)[DHCP].options if isinstance(each, tuple)}


def answer(*more):
    told = [("message-type", "offer"), ("server_id", "10.0.0.1"), ("router", "10.0.0.1"), *more, "end"]
    head = Ether() / IP(src="10.0.0.1", dst="255.255.255.255") / UDP(sport=67, dport=68)
    return bytes(head / BOOTP(op=2, xid=int.from_bytes(TRANSACTION, "big"), yiaddr="10.0.0.9") / DHCP(options=told))


def test_a_client_asks_for_option_108_only_if_it_can_do_without_ipv4():
    legacy, capable = (dhcp4.question(dhcp4.DISCOVER, TRANSACTION, MAC, v6only=able) for able in (False, True))
    assert 108 not in options(legacy)["param_req_list"]
    assert 108 in options(capable)["param_req_list"]
    assert Ether(capable)[BOOTP].xid == int.from_bytes(TRANSACTION, "big")


def test_an_offer_is_taken_and_a_lease_given_back_with_their_addresses():
    taken = dhcp4.question(dhcp4.REQUEST, TRANSACTION, MAC, taking=GIVEN)
    assert (options(taken)["requested_addr"], options(taken)["server_id"]) == ("10.0.0.9", "10.0.0.1")
    back = dhcp4.question(dhcp4.RELEASE, TRANSACTION, MAC, taking=GIVEN)
    assert Ether(back)[BOOTP].ciaddr == "10.0.0.9"


def test_an_offer_is_read_with_and_without_option_108():
    assert dhcp4.parse(answer()) == GIVEN
    assert dhcp4.parse(answer((108, (1800).to_bytes(4, "big")))).v6only_s == 1800


def test_a_question_and_what_is_no_dhcp_at_all_are_no_answers():
    assert dhcp4.parse(dhcp4.question(dhcp4.DISCOVER, TRANSACTION, MAC)) is None
    assert dhcp4.parse(bytes(400)) is None


def test_an_arp_reply_is_known_by_whom_it_tells_and_whom_it_is_of():
    asked = Ether(dhcp4.arp_request(MAC, "10.0.0.9", "10.0.0.1"))[ARP]
    assert (asked.op, asked.psrc, asked.pdst) == (1, "10.0.0.9", "10.0.0.1")
    told = Ether(dst=MAC) / ARP(op=2, hwsrc="02:00:00:00:00:01", psrc="10.0.0.1", hwdst=MAC, pdst="10.0.0.9")
    assert dhcp4.is_arp_reply(bytes(told), MAC, "10.0.0.1")
    assert not dhcp4.is_arp_reply(bytes(told), MAC, "10.0.0.2")
