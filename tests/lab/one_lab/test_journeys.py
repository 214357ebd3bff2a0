"""What people do, on a lab: all of it is done, a stopped server is noticed, and a life without IPv4 is counted."""

from __future__ import annotations

import json
import signal

import pytest

from harness.lab import record
from harness.lab.lab import Lab


@pytest.fixture
def outcomes(shared, tmp_path):
    """Makes all journeys; the exit code and what became of each."""

    def made():
        file = tmp_path / "journeys.json"
        said = shared.v6lab("journeys", "--lab", shared.lab, "--json", str(file))
        return said.returncode, json.loads(file.read_text())["journeys"], said.stdout + said.stderr

    return made


def test_all_journeys_are_done_in_every_family(outcomes):
    code, found, said = outcomes()
    assert (code, [each for each in found if each["fate"] != "done"]) == (0, []), said
    assert {each["manner"] for each in found} == {"IPv4", "IPv6", "either"}


def test_journeys_to_a_stopped_server_are_lost_and_no_others(shared, outcomes):
    lab = Lab.attach(shared.lab)
    lab.engine.stop(shared.lab, "portal", "freeze")
    try:
        code, found, said = outcomes()
    finally:
        lab.engine.start(shared.lab, "portal")
    assert code == 1, said
    assert {each["journey"] for each in found if each["fate"] != "done"} == {"portal"}
    assert all(each["fate"] == "lost" and each["why"] for each in found if each["journey"] == "portal")
    assert outcomes()[0] == 0


def policy(shared, host):
    return shared.v6lab("exec", host, "--lab", shared.lab, "--", "ip", "-4", "rule").stdout


def test_a_life_without_ipv4_is_counted_and_ipv4_is_back_afterwards(shared, tmp_path):
    before, file = policy(shared, "stttt-pc"), tmp_path / "off.json"
    said = shared.v6lab("ipv4-off", "--all", "--seconds", "1", "--lab", shared.lab, "--json", str(file))
    assert said.returncode == 0, said.stderr
    sites = {each["site"]: each for each in json.loads(file.read_text())["sites"]}
    needs = {(each["journey"], each["host"]) for each in sites["stttt"]["needs"]}
    assert needs == {("foreign-ipv4-site", "stttt-pc"), ("foreign-ipv4-site", "stttt-wifi")}
    assert sites["daksong"]["percent"] == 0  # its LANs get IPv6 at the next stage
    assert policy(shared, "stttt-pc") == before
    assert record.read(shared.lab).state == "at"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_rehearsal_that_is_stopped_gives_ipv4_back_or_the_next_one_does(shared, how):
    before = policy(shared, "stttt-pc")
    begun = shared.begin("ipv4-off", "--site", "stttt", "--lab", shared.lab)
    while record.read(shared.lab).state == "at" and begun.poll() is None:
        pass
    while policy(shared, "stttt-pc") == before and begun.poll() is None:
        pass
    begun.send_signal(how)
    begun.communicate(timeout=60)
    if how == signal.SIGKILL:
        assert record.read(shared.lab).state == "between"
        said = shared.v6lab("ipv4-off", "--site", "vpubnd", "--seconds", "1", "--lab", shared.lab)
        assert said.returncode == 0, said.stderr
    assert policy(shared, "stttt-pc") == before
    assert record.read(shared.lab).state == "at"
