import struct

from harness.probe.capture import Packet
from harness.suite.bundle import Failure, concerned, folder, pcap, readme


def test_the_nodes_that_findings_name_come_first_then_those_of_the_evidence():
    failure = Failure("t", 0.0, ["edge1 session with 3fff::2: Idle", "portal → vnpt-citizen IPv6"], ["gw0:7"])
    nodes = ("core1", "edge1", "portal", "vnpt", "vnpt-citizen")
    assert concerned(failure, {"gw0:7": "core1"}, nodes) == ["edge1", "portal", "vnpt-citizen", "core1"]


def test_a_node_id_becomes_one_directory():
    assert folder("tests/checks/test_dns.py::test_x[4-a b]") == "test_dns.py-test_x-4-a-b"


def test_the_readme_says_what_was_not_read(tmp_path):
    (tmp_path / "core1").mkdir()
    said = readme(Failure("t", 0.0, ["edge1: wrong"]), ["edge1", "core1", "fw1"], ["edge1"], tmp_path)
    assert "Read after the failure: edge1" in said
    assert "linked: core1" in said
    assert "used up: fw1" in said


def test_packets_are_written_as_pcap():
    data = pcap([Packet(1.0, "edge1", "eth1", False, b"x" * 60)])
    assert struct.unpack_from("<I", data)[0] == 0xA1B2C3D4
    assert len(data) == 24 + 16 + 60
