"""A running lab goes to its next stage and back, as production would be changed; broken off anywhere, it can do both."""

from __future__ import annotations

import json
import signal

import pytest

from harness.drill.as_before import left_over, remember
from harness.drill.journeys import known, make, offered
from harness.drill.judging import judge
from harness.history.history import History
from harness.lab.converge import Told
from harness.lab.lab import Lab
from harness.lab.walk import walk
from tests.lab.conftest import desk

pytestmark = pytest.mark.long

EARLIER, LATER = "21-pilot", "31-datacentre"
QUIET = Told(lambda text: None, lambda met, left: None)
CONGRUENCE = "SEC-01"
"""The firewalls let the same in, in both families."""
KILLED_IN = "services: what listens"


class BrokenOff(Exception):
    """Somebody's network went, or their patience, before a sub-action began."""


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """A lab that has come up at the earlier stage, and its state."""
    for own in desk(tmp_path_factory.mktemp("walking") / "checkout"):
        said = own.up("--stage", EARLIER)
        assert said.returncode == 0, said.stderr
        yield own, remember(Lab.attach(own.lab))


def status(own):
    """Where the lab says it is."""
    said = json.loads(own.v6lab("status", "--lab", own.lab, "--json").stdout)
    return said["stage"], said["state"], said["cause"]


def test_a_step_can_be_broken_off_before_any_sub_action_and_ipv4_and_the_fences_stand_meanwhile(there, tmp_path):
    own, _ = there
    lab = Lab.attach(own.lab)
    planned = [each for each in offered(lab, known(lab)) if each.manner == 4]
    seen: list[str] = []

    def begins(action: str) -> None:
        if action not in seen:
            seen.append(action)
            raise BrokenOff

    while lab.stage == EARLIER:
        try:
            (step,) = walk(lab, LATER, QUIET, begins=begins)
        except BrokenOff:
            lab = Lab.attach(own.lab)
            where = f"before {seen[-1]}"
            assert lab.record.state == "between", where
            lost = [each for each in make(lab, History(), planned) if each.fate != "done"]
            assert planned
            assert not lost, f"{where}: {lost}"
            verdicts = judge(lab, [CONGRUENCE], tmp_path / "checks")
            assert {each.outcome for each in verdicts} == {"pass"}, f"{where}: {verdicts}"
    assert step.name == f"{EARLIER} → {LATER}"
    order = [action.split(":")[0] for action in seen]
    assert order.index("fences") < order.index("paths") < order.index("services") < order.index("openings")
    assert order.index("openings") < order.index("hosts") < order.index("reverse zones") < order.index("forward zones")
    assert status(own) == (LATER, "at", "")


def test_a_step_whose_command_was_killed_goes_on_or_back_and_leaves_exactly_what_came_up_directly(there):
    own, before = there
    if status(own)[0] != LATER:
        assert own.v6lab("apply", "--stage", LATER, "--lab", own.lab).returncode == 0
    later = remember(Lab.attach(own.lab))
    begun = own.begin("apply", "--stage", EARLIER, "--lab", own.lab)
    assert begun.stdout
    for line in begun.stdout:
        if KILLED_IN in line:
            begun.send_signal(signal.SIGKILL)
            break
    begun.wait(30)
    begun.stdout.close()
    stage, state, cause = status(own)
    assert (stage, state) == (LATER, "between")
    assert "in the middle of a change" in cause  # of that sub-action, or of one that began before the kill came
    said = own.v6lab("apply", "--stage", LATER, "--lab", own.lab)
    assert said.returncode == 0, said.stderr
    assert left_over(Lab.attach(own.lab), later) == ()
    said = own.v6lab("apply", "--stage", EARLIER, "--lab", own.lab)
    assert said.returncode == 0, said.stderr
    assert left_over(Lab.attach(own.lab), before) == ()
    said = own.v6lab("apply", "--stage", EARLIER, "--lab", own.lab)
    assert "nothing was to be done" in said.stdout
    assert status(own) == (EARLIER, "at", "")
