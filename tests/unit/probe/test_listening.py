import os
import socket

from harness.node import Node
from harness.probe.alive import alive
from harness.probe.listening import lines, listening

TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:8AE2 0100007F:0019 01 00000000:00000000 00:00000000 00000000     0        0 1 1
"""
UDP6 = """\
  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 00000000
   1: 00000000000000000000000000000000:D431 00000000000000000000000000000000:0000 07 00000000
   2: 00000000000000000000000000000000:0EC8 00000000000000000000000000000000:0000 07 00000000
"""


def test_what_listens_counts_and_what_is_connected_does_not():
    assert list(lines("tcp", TCP)) == ["tcp [127.0.0.1]:25"]


def test_a_resolvers_question_is_no_socket_that_lasts_but_bfd_is():
    assert list(lines("udp6", UDP6)) == ["udp6 [::1]:53", "udp6 [::]:3784"]


def test_a_socket_of_this_machine_is_found():
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        assert f"tcp6 [::1]:{server.getsockname()[1]}" in listening(Node("here", "host", "running", os.getpid()))


def test_a_daemon_is_alive_while_its_process_is(tmp_path, monkeypatch):
    (tmp_path / "run" / "frr").mkdir(parents=True)
    (tmp_path / "proc" / "7").mkdir(parents=True)
    for name, text in {"frr/zebra": "7\n", "frr/bfdd": "8\n", "radvd": "7", "empty": ""}.items():
        (tmp_path / "run" / f"{name}.pid").write_text(text)
    monkeypatch.setattr(Node, "root", tmp_path)
    assert alive(Node("edge1", "edge", "running", 1)) == {"zebra", "radvd"}
