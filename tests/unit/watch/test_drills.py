"""Starting and stopping a drill: what is refused, and that a real process is told to end and is waited for."""

from __future__ import annotations

import json
import sys
import threading

import pytest

from harness.wait import Condition, Deadline, until
from harness.watch.drills import Drills, Listed, Refused, ended
from harness.watch.seen import DrillBegun, DrillEnded, Gone, Recorded
from tests.unit.watch.told import UP, state_after

LISTED = [Listed("F02", "một", "one", "31-datacentre"), Listed("F12", "hai", "two", "32-wan")]
STAGES = ["21-pilot", "31-datacentre", "32-wan"]
GREEN = state_after(*UP)
WAITS = """
import pathlib, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
pathlib.Path("ready").touch()
sys.exit(130 if signal.sigtimedwait([signal.SIGTERM], 60) else 0)
"""
ENDS = "import json, sys; open(sys.argv[-1], 'w').write(json.dumps({'summary': [], 'error': None})); sys.exit(0)"


class Desk:
    """Drills whose command is a script of the test's own, and what they told."""

    def __init__(self, root, script):
        self.root, self.news, self.heard = root, [], threading.Event()
        self.drills = Drills("pilot", LISTED, STAGES, root, self.tell, (sys.executable, "-c", script))

    def tell(self, news):
        self.news.append(news)
        if isinstance(news, DrillEnded):
            self.heard.set()

    def until_it_runs(self):
        ready = Condition("the drill runs", lambda: None if (self.root / "ready").exists() else "not yet")
        assert until([ready], Deadline.after(20)).pending == ()


@pytest.fixture
def desk(tmp_path):
    made = []

    def make(script):
        made.append(Desk(tmp_path, script))
        return made[-1]

    yield make
    for each in made:
        each.drills.close()


@pytest.mark.parametrize(
    ("drill", "state", "why"),
    [
        ("F99", GREEN, "unlisted"),
        ("--help", GREEN, "unlisted"),
        ("F12", GREEN, "early"),
        ("F02", state_after(*UP, Gone(2.0, "")), "down"),
        ("F02", state_after(*UP, Recorded(2.0, "31-datacentre", "between", "step to 32-wan")), "between"),
        ("F02", state_after(*UP, Recorded(2.0, "31-datacentre", "between", "drill F05, begun at 10:00:00")), "running"),
    ],
)
def test_a_drill_is_refused_with_a_reason_and_nothing_is_started(desk, drill, state, why):
    at = desk(WAITS)
    with pytest.raises(Refused) as refused:
        at.drills.start(drill, state)
    assert (refused.value.why, at.news) == (why, [])


def test_a_second_drill_is_refused_while_one_runs(desk):
    at = desk(WAITS)
    at.drills.start("F02", GREEN)
    with pytest.raises(Refused, match="running"):
        at.drills.start("F02", GREEN)
    assert [type(each) for each in at.news] == [DrillBegun]


def test_a_drill_that_ends_by_itself_makes_room_for_the_next(desk):
    at = desk(ENDS)
    at.drills.start("F02", GREEN)
    assert at.heard.wait(20)
    assert at.news[-1].outcome == "pass"
    at.drills.close()
    at.drills.start("F02", GREEN)


def test_stopping_tells_the_process_to_end_and_its_end_is_told(desk):
    at = desk(WAITS)
    at.drills.start("F02", GREEN)
    at.until_it_runs()
    at.drills.stop()
    assert at.heard.wait(20)
    assert at.news[-1].outcome == "stopped"


def test_the_end_of_the_page_ends_the_drill_and_waits_until_it_has(desk):
    at = desk(WAITS)
    at.drills.start("F02", GREEN)
    at.until_it_runs()
    at.drills.close()
    assert at.drills._process.poll() == 130
    assert at.heard.is_set()


def test_nothing_is_stopped_where_nothing_of_ours_runs(desk):
    with pytest.raises(Refused, match="idle"):
        desk(WAITS).drills.stop()


def test_the_lab_is_named_to_the_drill_and_no_shell_is_between(desk, tmp_path):
    said = tmp_path / "argv"
    at = desk(f"import json, sys; open({str(said)!r}, 'w').write(json.dumps(sys.argv[1:]))")
    at.drills.start("F02", GREEN)
    assert at.heard.wait(20)
    assert json.loads(said.read_text())[:4] == ["drill", "F02", "--lab", "pilot"]


def test_what_a_drill_measured_is_told_and_what_never_came_about_is_negative(tmp_path):
    file = tmp_path / "drill.json"
    row = {"measure": "convergence", "family": "IPv6", "direction": "outbound", "worst_ms": None, "target_ms": 200.0, "met": False}  # fmt: skip
    file.write_text(json.dumps({"summary": [row], "findings": ["repetition 1: gone"], "error": None}))
    found = ended(1.0, 1, "", file)
    assert (found.outcome, found.rows[0].worst_ms, found.why) == ("fail", -1.0, "repetition 1: gone")


def test_a_drill_that_wrote_nothing_says_why_in_its_last_words(tmp_path):
    found = ended(1.0, 2, "v6lab: no such thing\n  → do this\n", tmp_path / "none")
    assert (found.outcome, found.why) == ("error", "no such thing → do this")
