"""An AAAA counts as unserved only if it was there before and after its port was found shut."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from harness.drill import publishing
from harness.drill.publishing import Publishing
from harness.history.history import History
from harness.history.seen import Seen
from tests.unit.estate import the_plan

ADDRESS = "3fff:d40:1:10::31"


@pytest.fixture
def look(monkeypatch):
    """Makes one look: ``said`` is what the name server answers to each asking, ``port`` what the port does."""

    def run(said, port):
        answers = iter(said)

        def many(history, asks):
            held = next(answers)
            records = [{"type": "AAAA", "name": "", "ttl": 300, "values": [held]}] if held else []
            answer = "silence" if held is None else "reply"
            return [Seen(1.0, "citizen", 4, "dns", {}, answer, "ns1", {"answer": records}) for _ in asks]

        def connect_many(history, asks, timeout):
            return [Seen(1.0, "citizen", 6, "tcp", {}, port, "", {}) for _ in asks]

        monkeypatch.setattr(publishing.dns, "many", many)
        monkeypatch.setattr(publishing, "connect_many", connect_many)
        lab = SimpleNamespace(stage="31-datacentre", node=lambda name: SimpleNamespace(name=name))
        found = Publishing(lab, the_plan(), History())
        found.once()
        return found

    return run


def test_what_is_published_and_answers_is_served(look):
    found = look([ADDRESS], "reply")
    assert found.published
    assert found.unserved == []


def test_what_is_published_before_and_after_a_shut_port_is_not_served(look):
    found = look([ADDRESS, ADDRESS], "refusal")
    assert {(each.address, each.answer) for each in found.unserved} == {(ADDRESS, "refusal")}


def test_a_name_that_was_withdrawn_before_its_service_ended_is_fine(look):
    assert look([ADDRESS, ""], "refusal").unserved == []


def test_what_is_not_published_is_not_looked_at(look):
    found = look([""], "refusal")
    assert not found.published
    assert found.unserved == []


def test_a_name_server_that_does_not_answer_leaves_the_look_blind(look):
    assert look([ADDRESS], "reply").blind == 0
    assert look([None], "reply").blind == 1
    found = look([ADDRESS, None], "refusal")
    assert (found.blind, found.unserved) == (1, [])
