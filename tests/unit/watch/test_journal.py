"""What is written about a lab is read as it is written: no line twice, none before it is whole, nothing of probes."""

from __future__ import annotations

import json

import pytest

from harness.history.history import History
from harness.lab import record as records
from harness.lab.record import Record
from harness.watch.journal import Journal, verdicts_of
from harness.watch.seen import Logged, VerdictsSeen


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv(records.STATE_VARIABLE, str(tmp_path / "state"))
    return tmp_path


def kinds(news):
    return [each.event.kind for each in news if isinstance(each, Logged)]


def test_events_are_told_once_and_those_of_probes_never(run):
    journal = Journal("pilot")
    with History(run / "history-drill-F02.jsonl", worker="drill-F02") as history:
        history.append("fault.applied", "", {"fault": "x"})
        history.append("probe.icmp", "edge1")
        assert kinds(journal.news(run)) == ["fault.applied"]
        history.append("fault.lifted", "", {"fault": "x"})
        assert kinds(journal.news(run)) == ["fault.lifted"]
        assert kinds(journal.news(run)) == []


def test_a_line_that_is_not_finished_yet_is_told_when_it_is(run):
    journal, file = Journal("pilot"), run / "history.jsonl"
    with History(file) as history:
        history.append("fault.applied", "", {"fault": "x"})
    whole = file.read_text()
    file.write_text(whole[:20])
    assert kinds(journal.news(run)) == []
    file.write_text(whole)
    assert kinds(journal.news(run)) == ["fault.applied"]


def test_the_past_of_a_run_is_told_in_order_of_time_and_then_only_what_is_new(run):
    journal = Journal("pilot")
    with History(run / "history-b.jsonl", worker="b") as one, History(run / "history-a.jsonl", worker="a") as other:
        one.append("fault.applied", at=1.0)
        other.append("fault.lifted", at=2.0)
        assert [each.event.at for each in journal.past(run)] == [1.0, 2.0]
        assert kinds(journal.news(run)) == []


def test_the_record_is_told_when_it_says_something_else(run):
    journal = Journal("pilot")
    assert journal.record() == (None, ())
    record = Record("pilot", "embedded", "t", "31-datacentre", "at", "", "", "")
    records.save(record)
    found, news = journal.record()
    assert (found, [each.state for each in news]) == (record, ["at"])
    assert journal.record()[1] == ()
    records.save(record.between("drill F02, begun at 10:00:00"))
    assert [each.cause for each in journal.record()[1]] == ["drill F02, begun at 10:00:00"]


def test_of_several_points_of_a_check_the_worst_counts_and_its_finding_is_told():
    found = [
        {"check": "DS-01", "outcome": "pass", "findings": []},
        {"check": "DS-01", "outcome": "fail", "findings": ["edge1: gone"]},
        {"check": "BGP-01", "outcome": "skip", "findings": []},
    ]
    seen = verdicts_of(found, 1.0, "")
    assert (seen.outcomes, seen.findings) == ({"BGP-01": "skip", "DS-01": "fail"}, {"DS-01": "edge1: gone"})


def test_verdicts_are_read_when_they_are_whole_and_once(run):
    file = run / "verdicts.json"
    journal = Journal("pilot", file)
    text = json.dumps([{"check": "DS-01", "outcome": "pass", "findings": []}])
    file.write_text(text[:10])
    assert list(journal.news(run)) == []
    file.write_text(text)
    assert [type(each) for each in journal.news(run)] == [VerdictsSeen]
    assert list(journal.news(run)) == []
