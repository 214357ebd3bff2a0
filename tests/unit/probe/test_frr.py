"""The daemons' own protocol: where an answer ends, and what it is."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.node import Node
from harness.probe.frr import VTY_DIRECTORY, daemons, frr, parse, split_answer


class FakeNode(Node):
    """A node whose root is a directory of the test."""

    __slots__ = ("directory",)

    @property
    def root(self) -> Path:
        return self.directory


@pytest.fixture
def node(tmp_path: Path) -> Node:
    (tmp_path / VTY_DIRECTORY).mkdir(parents=True)
    node = FakeNode("edge1", "edge", "running", 1)
    object.__setattr__(node, "directory", tmp_path)
    return node


def serve(node: Node, answers: dict[str, bytes]) -> None:
    """A daemon that answers one connection, a piece at a time."""
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(node.root / VTY_DIRECTORY / "bgpd.vty"))
    sock.listen()

    def talk() -> None:
        near, _ = sock.accept()
        with sock, near:
            while command := near.recv(1000):
                answer = answers.get(command.rstrip(b"\0").decode(), b"% Unknown command\n\0\0\0\x02")
                for at in range(0, len(answer), 7):
                    near.sendall(answer[at : at + 7])

    threading.Thread(target=talk, daemon=True).start()


def test_an_answer_ends_with_three_nuls_and_a_status() -> None:
    assert split_answer(b"hello\0\0\0\x01") == (1, "hello")
    assert split_answer(b"hello\0\0\0") is None
    assert split_answer(b"") is None


def test_json_is_parsed_and_text_is_kept() -> None:
    assert parse('{"a": 1}', "show bgp json") == {"a": 1}
    assert parse("a\n", "show run") == "a\n"
    with pytest.raises(CannotMeasure, match="not answered in JSON"):
        parse("% oops", "show bgp json")


def test_a_daemon_is_asked_and_its_answer_recorded(node: Node) -> None:
    serve(node, {"enable": b"\0\0\0\0", "show x json": b'{"peers": {}}\0\0\0\0'})
    history = History()
    assert daemons(node) == ("bgpd",)
    assert frr(history, node, "bgpd", "show x json") == {"peers": {}}
    assert history.events("probe.frr")[0].data["asked"] == {"daemon": "bgpd", "command": "show x json"}


def test_an_unknown_command_cannot_be_measured(node: Node) -> None:
    serve(node, {"enable": b"\0\0\0\0"})
    with pytest.raises(CannotMeasure, match="refused 'show y'"):
        frr(None, node, "bgpd", "show y")


def test_a_daemon_that_is_not_there_cannot_be_measured(node: Node) -> None:
    with pytest.raises(CannotMeasure, match="ospfd of node edge1 cannot be asked"):
        frr(None, node, "ospfd", "show x")


def test_a_daemon_that_says_nothing_cannot_be_measured(node: Node) -> None:
    serve(node, {"enable": b""})
    with pytest.raises(CannotMeasure, match="does not answer"):
        frr(None, node, "bgpd", "show x", timeout=0.05)
