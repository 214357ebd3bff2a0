from types import SimpleNamespace

import pytest

from harness.errors import WrongInput
from harness.fault import base, carrier, carrier_one_end, deaf, silence
from harness.fault.base import applied, link_between
from harness.fault.kinds import KINDS, NODES, SIDED
from harness.fault.together import Together
from harness.history.history import History
from harness.topology.model import Endpoint, Link

LINK = Link(Endpoint("isp", "edge1"), Endpoint("edge1", "isp"))


@pytest.fixture
def ran(monkeypatch):
    calls = []
    for module in (carrier, carrier_one_end, deaf, silence):
        monkeypatch.setattr(module, "run", lambda node, argv, stdin="": calls.append((node, " ".join(argv), stdin)))
    return calls


LAB = SimpleNamespace(node=lambda name: name, topology=SimpleNamespace(links=(LINK,), file="t.clab.yml"))


def test_a_cut_cable_is_down_at_both_ends(ran):
    KINDS["carrier"](LINK).apply(LAB)
    assert [(node, argv) for node, argv, _ in ran] == [
        ("isp", "ip link set dev edge1 down"),
        ("edge1", "ip link set dev isp down"),
    ]


def test_silence_drops_at_both_ends_and_keeps_the_carrier(ran):
    KINDS["silence"](LINK).apply(LAB)
    assert [node for node, _, _ in ran] == ["isp", "edge1"]
    assert all("counter drop" in stdin and "meta protocol" not in stdin for _, _, stdin in ran)


@pytest.mark.parametrize(("kind", "match"), [("silence-ipv4", "{ ip, arp }"), ("silence-ipv6", "ip6")])
def test_silence_of_one_family_names_it(ran, kind, match):
    KINDS[kind](LINK).apply(LAB)
    assert all(f"meta protocol {match} counter drop" in stdin for _, _, stdin in ran)


def test_silence_one_way_drops_at_one_end(ran):
    KINDS["silence-one-way"](LINK).apply(LAB)
    assert [node for node, _, _ in ran] == ["isp"]


def test_one_end_without_carrier_is_silent_at_both(ran):
    KINDS["carrier-one-end"](LINK).apply(LAB)
    assert [(node, argv) for node, argv, stdin in ran if not stdin] == [
        ("isp", "ip link set dev edge1 mode dormant"),
        ("isp", "ip link set dev edge1 state dormant"),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_is_lifted_also_after_an_error_and_the_history_says_so(ran, kind):
    history = History()
    with pytest.raises(ZeroDivisionError), applied(KINDS[kind](LINK), LAB, history):
        raise ZeroDivisionError
    assert [event.kind for event in history.events()] == [base.APPLIED, base.LIFTED]


def test_a_way_that_the_link_does_not_have_is_refused():
    with pytest.raises(WrongInput):
        silence.Silence(LINK, towards="core1")


def test_a_link_is_found_by_its_nodes_in_either_order():
    assert link_between(LAB, "edge1", "isp") is LINK
    with pytest.raises(WrongInput):
        link_between(LAB, "edge1", "core1")


def test_a_switched_off_end_is_down_there_alone(ran):
    SIDED["carrier"](LINK, "isp").apply(LAB)
    assert [(node, argv) for node, argv, _ in ran] == [("isp", "ip link set dev edge1 down")]


def test_several_breakages_are_all_lifted_also_if_one_cannot_be():
    lifted = []

    class Breaks:
        def __init__(self, name):
            self.name = name

        def apply(self, lab):
            pass

        def lift(self, lab):
            lifted.append(self.name)
            if self.name == "second":
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Together((Breaks("first"), Breaks("second"))).lift(LAB)
    assert lifted == ["second", "first"]


def test_a_stopped_node_is_started_again_and_a_running_one_is_left():
    calls = []

    class Engine:
        def stop(self, lab, node, how):
            calls.append(f"{how} {node}")

        def start(self, lab, node):
            calls.append(f"start {node}")

    node = SimpleNamespace(name="edge1", state="running")
    lab = SimpleNamespace(name="l", engine=Engine(), node=lambda name: node, refresh=dict)
    fault = NODES["killed"]("edge1")
    fault.apply(lab)
    fault.lift(lab)
    assert calls == ["kill edge1"]
    node.state = "stopped"
    fault.lift(lab)
    assert calls == ["kill edge1", "start edge1"]


@pytest.mark.parametrize(
    ("port", "match"), [(53, "meta nfproto ipv6 meta l4proto { tcp, udp } th dport 53"), (0, "nfproto ipv6")]
)
def test_a_deaf_node_drops_what_comes_for_it_and_hears_again(ran, port, match):
    fault = deaf.Deaf("resolver1", 6, port)
    fault.apply(LAB)
    fault.lift(LAB)
    (_, _, broken), (_, _, mended) = ran
    assert f"{match} counter drop" in broken
    assert "counter drop" not in mended
