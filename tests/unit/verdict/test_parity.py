from harness.history.seen import Seen
from harness.verdict import parity


def cell(four, six, what="tcp 80", source="pc"):
    return parity.Question(source, "portal", what, {4: four, 6: six}, {4: "a:1", 6: "a:2"})


def test_the_same_answer_in_both_families_is_congruent():
    assert not parity.congruent([cell("reply", "reply"), cell("refusal", "refusal")])


def test_a_filter_that_rejects_is_as_good_as_one_that_drops():
    assert not parity.congruent([cell("unreachable", "silence")])


def test_each_difference_is_listed_with_its_event():
    found = parity.congruent([cell("reply", "silence"), cell("silence", "reply", "tcp 22"), cell("reply", "reply")])
    assert [each.where for each in found] == ["pc to portal tcp 80", "pc to portal tcp 22"]
    assert found[0].event == "a:2"


def test_a_closed_port_is_not_a_blocked_one():
    assert parity.congruent([cell("silence", "refusal")])


def test_a_source_without_any_reply_is_no_control():
    assert parity.controls([cell("reply", "silence"), cell("silence", "silence", source="wifi")]) == (
        "pc in IPv6",
        "wifi in IPv4",
        "wifi in IPv6",
    )
    assert not parity.controls([cell("reply", "reply")])


def test_open_sets_differ_whichever_family_has_more():
    assert not parity.same_open_sets([cell("reply", "reply"), cell("silence", "refusal", "tcp 22")])
    more = parity.same_open_sets([cell("reply", "silence"), cell("silence", "reply", "tcp 22")])
    assert [each.what for each in more] == ["open in IPv6 alone: tcp 22", "open in IPv4 alone: tcp 80"]


def test_full_size_packets_must_pass_where_they_pass_in_ipv4():
    assert not parity.large_packets([cell("reply", "reply"), cell("silence", "silence"), cell("silence", "reply")])
    assert parity.large_packets([cell("reply", "unreachable")])


def test_a_refusal_from_inside_is_an_answer_too():
    assert not parity.nothing_answers([cell("silence", "silence"), cell("silence", "unreachable")])
    assert len(parity.nothing_answers([cell("silence", "refusal"), cell("silence", "reply")])) == 2


def test_a_syn_that_came_through_is_found_even_unanswered():
    assert not parity.not_arrived(set())
    assert parity.not_arrived({("mgmt", "3fff:d40:1:20::90", 22)})[0].where == "mgmt"


def test_adjacencies_and_costs_are_the_same_in_both_protocols():
    planned = {"fw1", "fw2"}
    whole = {"fw1": 10, "fw2": 10}
    assert not parity.same_adjacencies("core1", planned, {4: whole, 6: whole})
    assert len(parity.same_adjacencies("core1", planned, {4: whole, 6: {"fw1": 20}})) == 2
    (lost,) = parity.same_adjacencies("core1", planned, {4: {"fw1": 10}, 6: {"fw1": 10}})
    assert (lost.where, lost.expected) == ("core1 fw2", "one in both")


def test_evidence_tells_silence_from_who_said_no():
    def seen(answer, by="", **data):
        return Seen(0.0, "pc", 6, "tcp", {"port": 22}, answer, by, data)

    told = parity.how_blocked(
        [
            seen("silence"),
            seen("silence"),
            seen("unreachable", "3fff::1", reason="no route"),
            seen("reply"),
            seen("refusal"),
        ]
    )
    assert told == ("2 x IPv6 silence", "1 x IPv6 unreachable by 3fff::1: no route")


def test_a_site_has_routes_to_the_same_lans_in_both_families():
    assert not parity.same_sites("fw1 to stttt", {4: {"lan", "wifi"}, 6: {"lan", "wifi"}})
    found = parity.same_sites("fw1 to stttt", {4: {"lan", "wifi"}, 6: {"lan"}})
    assert found[0].what == "2 IPv4 and 1 IPv6 routes: IPv6 lacks wifi"
    assert len(parity.same_sites("fw1 to stttt", {4: {"lan"}, 6: {"wifi"}})) == 2


def test_what_gets_no_reply_in_a_family_is_found():
    one = parity.Question("pc", "ns1", "echo", {6: "silence"}, {6: "a:1"})
    assert not parity.all_reached([cell("reply", "reply")])
    assert [(each.what, each.event) for each in parity.all_reached([one])] == [("IPv6 gets silence", "a:1")]
