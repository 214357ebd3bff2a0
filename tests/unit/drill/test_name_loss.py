import socket
import struct
from types import SimpleNamespace

import pytest
import yaml

from harness.drill import catalogue
from harness.drill.dns_seen import Passed, passed
from harness.drill.name_loss import Lost
from harness.errors import WrongInput
from harness.probe.stub import LookedUp
from tests.unit.drill.test_drill_catalogue import ROOT, STAGES, TARGETS

GOOD = (ROOT / "configs/drills/F12.yml").read_text()
LOSS = SimpleNamespace(name="without ns1", hosts=("pc", "wifi"), lost="ns1", most="dns_server_lost_s")


def lost(*looked_up, back=1.0, after=()):
    return Lost(LOSS, 10.0, looked_up, after, 3, back)


def frame(family, ports, protocol=17, address="203.0.113.75", six="3fff:d40::5"):
    transport = struct.pack("!HHHH", *ports, 8, 0)
    if family == 6:
        packed = socket.inet_pton(socket.AF_INET6, six)
        return bytes(12) + b"\x86\xdd" + bytes(6) + bytes([protocol, 64]) + packed + packed + transport
    packed = socket.inet_aton(address)
    return bytes(12) + b"\x08\x00" + b"\x45" + bytes(8) + bytes([protocol]) + bytes(2) + packed + packed + transport


@pytest.mark.parametrize(("family", "server"), [(4, "203.0.113.75"), (6, "3fff:d40::5")])
def test_questions_and_answers_are_told_apart_by_their_ports(family, server):
    assert passed(frame(family, (40000, 53))) == Passed(server, question=True)
    assert passed(frame(family, (53, 40000))) == Passed(server, question=False)


def test_what_is_no_dns_is_passed_over():
    assert passed(frame(4, (40000, 443))) is None
    assert passed(frame(6, (40000, 53), protocol=58)) is None
    assert passed(frame(4, (40000, 53))[:30]) is None
    assert passed(b"") is None


def test_the_slowest_name_of_each_host_counts():
    done = lost(LookedUp("pc", "a.", 0.1, "found"), LookedUp("pc", "b.", 1.5, "no such name"), LookedUp("wifi", "c.", 0.2, "found"))  # fmt: skip
    assert done.measures() == {("answer without ns1", "", "pc"): 1500.0, ("answer without ns1", "", "wifi"): 200.0}
    assert not done.missing()


def test_a_host_without_an_answer_never_got_one_however_fast_the_others_were():
    done = lost(
        LookedUp("pc", "a.", 0.1, "found"), LookedUp("pc", "b.", 20.0, ""), LookedUp("wifi", "c.", 0.2, "found")
    )
    assert done.measures()["answer without ns1", "", "pc"] is None


def test_a_server_that_does_not_come_back_is_named():
    (gone,) = lost(LookedUp("pc", "a.", 0.1, "found"), LookedUp("wifi", "b.", 0.1, "found"), back=None).missing()
    assert "ns1" in gone


def test_the_drill_says_the_target_of_each_loss():
    file = catalogue.read(ROOT / "configs/drills/F12.yml", STAGES, TARGETS)
    values = {key: each["value"] for key, each in TARGETS.items()}
    assert file.target_ms("answer without ns1", values) == values["dns_server_lost_s"] * 1000
    assert all(loss.lost in ("ns1", "resolver1") for loss in file.losses)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{kind: killed, node: ns1}", "{kind: silence, link: [ns1, sw-server]}", "a server is lost"),
        ("names: 8", "names: 0", "nothing would be looked up"),
        ("most: server_s", "most: soon", "there is no target 'soon'"),
        ("server_s: dns_server_lost_s", "server_s: soon", "there is no target 'soon'"),
        ("family: 6, port: 53", "family: 5, port: 53", "families 4 and 6 only"),
        ("family: 6, port: 53", "family: 6, port: 70000", "is no port"),
    ],
)
def test_a_wrong_file_gets_one_message(tmp_path, old, new, said):
    assert old in GOOD
    file = tmp_path / "F12.yml"
    file.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(WrongInput) as raised:
        catalogue.read(file, STAGES, TARGETS)
    assert said in str(raised.value)


def test_the_file_of_the_project_is_what_these_tests_change():
    assert yaml.safe_load(GOOD)["id"] == "F12"
