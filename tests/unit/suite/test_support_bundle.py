import os
import struct
import time

from harness.probe.capture import Packet
from harness.suite.bundle import AGAIN_SECONDS, Failure, claimed, concerned, folder, link, pcap, readme


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


def test_of_several_processes_one_reads_a_node_and_the_others_show_it(tmp_path):
    read, first, second = (tmp_path / name for name in ("read", "first", "second"))
    for each in (read, first, second):
        each.mkdir()
    assert claimed(read / "edge1", first / "edge1")
    assert not claimed(read / "edge1", second / "edge1")
    (first / "edge1" / "routes.txt").write_text("here")
    link(read, second, ["edge1", "core1"])
    assert (second / "edge1" / "routes.txt").read_text() == "here"
    assert not (second / "core1").exists()


def test_what_was_read_a_minute_ago_is_read_again(tmp_path):
    read, first, second = (tmp_path / name for name in ("read", "first", "second"))
    for each in (read, first, second):
        each.mkdir()
    assert claimed(read / "edge1", first / "edge1")
    old = time.time() - 2 * AGAIN_SECONDS
    os.utime(read / "edge1", (old, old), follow_symlinks=False)
    assert claimed(read / "edge1", second / "edge1")
    assert (read / "edge1").resolve() == second / "edge1"
