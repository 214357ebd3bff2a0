"""How long probes wait, and what they do not ask again."""

from __future__ import annotations

import socket
import time
from contextlib import nullcontext
from typing import Any

import pytest

from harness.history.history import History
from harness.history.seen import Answer, Family, Seen
from harness.history.silence import STILL_SECONDS
from harness.node import Node
from harness.probe import dial, dns_walk, patience
from harness.probe.dial import Dialled, TcpAsk
from harness.probe.dns_message import Question

NODE = Node("gw1", "router", "running", 1)
PORT = patience.tcp(NODE, 6, "3fff::1", 443)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [("silence", STILL_SECONDS), ("unreachable", STILL_SECONDS), ("reply", 1.5), ("refusal", 1.5)],
)
def test_an_answer_says_how_long_the_next_is_waited_for(answer: Answer, seconds: float) -> None:
    history = History()
    patience.note(history, answer, PORT)
    assert patience.wait_for(history, 1.5, PORT) == seconds


def test_after_a_failure_asks_wait_less_but_long_enough_for_one_more_syn_and_daemons_keep_their_time() -> None:
    history = History()
    history.silences.hurry()
    assert 1.0 < patience.wait_for(history, 1.5, PORT) < 1.5
    assert patience.wait_for_words(history, 5.0, PORT) == 5.0


def test_each_connection_has_a_deadline_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[socket.socket] = []

    def connect(index: int, ask: TcpAsk, timeout: float) -> Any:
        near, far = socket.socketpair()
        while True:  # a full buffer: never ready to be written to
            near.setblocking(False)
            try:
                near.send(bytes(1 << 16))
            except BlockingIOError:
                break
        opened.append(far)
        now = time.monotonic()
        return dial._Attempt(index, ask, near, now, now + timeout)

    monkeypatch.setattr(dial, "_connect", connect)
    monkeypatch.setattr(dial, "inside", nullcontext)
    asks = [TcpAsk(NODE, 6, "3fff::1", port) for port in (1, 2, 3)]
    ended = list(dial.dial_many(asks, [0.03, 0.01, 0.02]))
    for each in opened:
        each.close()
    assert [index for index, _ in ended] == [1, 2, 0]
    assert {each.answer for _, each in ended} == {"silence"}
    assert all(isinstance(each, Dialled) and each.data["waited_s"] < 1 for _, each in ended)


def test_a_zone_without_a_server_that_answers_is_asked_for_one_name_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def query(
        history: History, node: Node, family: Family, server: str, question: Question, timeout: float, **_: Any
    ) -> Seen:
        asked.append((server, question.name))
        answer: Answer = "reply" if server == "3fff::53" else "silence"
        referral = {
            "rcode": "NOERROR",
            "aa": False,
            "answer": [],
            "authority": [
                {"name": "vn.", "type": "NS", "values": ["a.ns.other.", "b.ns.other."]}
                if question.name.endswith("vn.")
                else {"name": "other.", "type": "NS", "values": ["ns.other."]}
            ],
            "additional": [{"name": "ns.other.", "type": "AAAA", "values": ["3fff::66"]}],
        }
        return Seen(0.0, node.name, family, "dns", {}, answer, "", referral if answer == "reply" else {})

    monkeypatch.setattr(dns_walk.dns_probe, "query", query)
    walk = dns_walk.iterate(History(), NODE, ["3fff::53"], "www.vn.", "AAAA", 6)
    assert not walk.resolved
    assert [name for server, name in asked if server == "3fff::66"] == ["a.ns.other."]
