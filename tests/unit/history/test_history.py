"""The history numbers, writes, tells and reads again."""

from __future__ import annotations

import ipaddress
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.errors import WrongInput
from harness.history.event import Event, from_line, plain, to_line
from harness.history.history import LISTENER_FAILED, History, read
from harness.history.run import RunDirectory
from harness.history.seen import Seen, from_event, record


def test_an_event_is_the_same_after_writing_and_reading() -> None:
    event = Event(3, 1.5, "2030-01-01T00:00:00+00:00", "lab.stage", "edge1", {"tên": ["Đắk Nông", 1, None]}, "gw1")
    assert from_line(to_line(event)) == event
    assert event.reference == "gw1:3"


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(ValueError, match="not an event"):
        from_line('{"number": 1}')


def test_data_becomes_what_json_can_hold() -> None:
    address = ipaddress.ip_address("3fff::1")
    assert plain({"raw": b"\x01\xff", 4: (address,), "none": None}) == {"raw": "01ff", "4": ["3fff::1"], "none": None}


def test_events_are_numbered_and_on_disk_at_once(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    first, second = history.append("a"), history.append("b", "edge1", {"x": 1})
    assert (first.number, second.number) == (1, 2)
    assert first.at <= second.at
    assert read(tmp_path) == (first, second)


def test_an_event_of_the_past_has_the_wall_clock_of_then() -> None:
    history = History()
    now = history.append("now")
    then = history.append("then", at=now.at - 60)
    difference = datetime.fromisoformat(now.wall) - datetime.fromisoformat(then.wall)
    assert difference.total_seconds() == pytest.approx(60, abs=0.1)


def test_many_threads_lose_nothing(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    threads = [threading.Thread(target=lambda: [history.append("x") for _ in range(100)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(event.number for event in read(tmp_path)) == list(range(1, 401))


def test_listeners_hear_events_until_they_stop() -> None:
    history, heard = History(), []
    stop = history.subscribe(lambda event: heard.append(event.kind))
    history.append("one")
    stop()
    history.append("two")
    assert heard == ["one"]


def test_a_listener_that_fails_is_dropped_and_costs_nothing_else() -> None:
    history, heard = History(), []

    def broken(event: Event) -> None:
        raise RuntimeError("no screen")

    history.subscribe(broken)
    history.subscribe(lambda event: heard.append(event.kind))
    history.append("one")
    history.append("two")
    assert [event.kind for event in history.events()] == ["one", LISTENER_FAILED, "two"]
    assert "no screen" in history.events(LISTENER_FAILED)[0].data["error"]
    assert "two" in heard


def test_events_are_found_by_kind_node_and_time() -> None:
    history = History()
    history.append("probe.icmp", "a")
    middle = history.append("probe.tcp", "b")
    history.append("probes", "b")
    assert [event.kind for event in history.events("probe")] == ["probe.icmp", "probe.tcp"]
    assert [event.kind for event in history.events(node="b", since=middle.at)] == ["probe.tcp", "probes"]


def test_the_files_of_several_workers_are_merged_by_time(tmp_path: Path) -> None:
    one, two = (History(tmp_path / f"history-{name}.jsonl", worker=name) for name in ("gw0", "gw1"))
    one.append("a", at=1.0)
    two.append("b", at=2.0)
    one.append("c", at=3.0)
    assert [(event.kind, event.reference) for event in read(tmp_path)] == [
        ("a", "gw0:1"),
        ("b", "gw1:1"),
        ("c", "gw0:2"),
    ]


def test_a_line_that_was_cut_off_at_the_end_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    History(path).append("a")
    path.write_text(path.read_text() + '{"number": 2, "at"')
    assert [event.kind for event in read(path)] == ["a"]


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text("nonsense\n")
    with pytest.raises(WrongInput, match=r"history\.jsonl:1: not a line of a history"):
        read(path)


def test_a_directory_without_a_history_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="no history here"):
        read(tmp_path)


def test_runs_of_one_second_get_directories_of_their_own_and_latest_is_the_newest(tmp_path: Path) -> None:
    now = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    first, second = RunDirectory.create(tmp_path, "pilot", now), RunDirectory.create(tmp_path, "pilot", now)
    assert [run.path.name for run in (first, second)] == ["20300102T030405Z", "20300102T030405Z-2"]
    assert RunDirectory.latest(tmp_path, "pilot").path == second.path
    assert second.bundles.is_dir()
    with second.history("gw0") as history:
        history.append("a")
    assert read(second.path)[0].worker == "gw0"


def test_a_lab_without_a_run_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="no run on lab pilot"):
        RunDirectory.latest(tmp_path, "pilot")


def test_what_a_probe_saw_comes_back_from_its_event() -> None:
    history = History()
    seen = record(history, Seen(5.0, "a", 6, "tcp", {"port": 80}, "refusal", "3fff::1", {"rtt_ms": 1.0}, b"\x01"))
    again = from_event(history.events("probe.tcp")[0])
    assert seen.event == again.event == "1"
    assert (again.at, again.answer, again.by, again.data, again.raw) == (
        5.0,
        "refusal",
        "3fff::1",
        {"rtt_ms": 1.0},
        "01",
    )
    with pytest.raises(ValueError, match="not a probe's"):
        from_event(history.append("lab.up"))


def test_a_run_that_came_to_nothing_leaves_the_one_before(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    first, second = RunDirectory.create(runs, "pilot"), RunDirectory.create(runs, "pilot")
    second.discard()
    assert RunDirectory.latest(runs, "pilot").path == first.path
    first.discard()
    assert not runs.exists()


def test_a_place_for_runs_that_cannot_be_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(WrongInput, match=r"runs.*Not a directory\n  → "):
        RunDirectory.create(tmp_path / "runs", "pilot")
