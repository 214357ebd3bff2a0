"""The gate: a candidate is laid over a lab that is up, judged, undone; each kind of end has its own answer."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.lab import record
from harness.render import tree
from harness.wait import Condition, Deadline, until
from tests.lab.conftest import git

FRR = "etc/frr/frr.conf"
NEIGHBOUR = "3fff:200:0:f0::2 activate"


@pytest.fixture
def candidate(shared, tmp_path):
    """Makes a candidate: one router's file with a change in it."""

    def make(change, node="edge2", source="edge2"):
        file = tmp_path / "candidate" / "nodes" / node / FRR
        file.parent.mkdir(parents=True)
        file.write_text(change((Path(record.read(shared.lab).trees) / source / FRR).read_text()))
        return tmp_path / "candidate"

    return make


@pytest.fixture
def judge(shared, tmp_path, candidate):
    """Judges a candidate."""

    def run(change, **place):
        return verified(shared, tmp_path, "--candidate", str(candidate(change, **place)))

    return run


def verified(shared, tmp_path, *asked, where=None):
    """What the gate says and reports of a change, on the shared lab unless ``where`` says otherwise."""
    out = {name: tmp_path / name for name in ("json", "junit", "summary")}
    files = (each for name, path in out.items() for each in (f"--{name}", str(path)))
    said = shared.v6lab("verify", *(where or ("--lab", shared.lab)), *asked, *files)
    assert "Traceback" not in said.stderr, said.stderr
    assert out["summary"].read_text() == said.stdout
    assert ElementTree.parse(out["junit"]).getroot().tag == "testsuites"
    return said, json.loads(out["json"].read_text())


@pytest.fixture(autouse=True)
def unseen(shared):
    """No candidate leaves anything for the next."""
    before = tree.digest(tree.read(Path(record.read(shared.lab).trees)))
    yield
    after = record.read(shared.lab)
    assert (after.state, after.digest, tree.digest(tree.read(Path(after.trees)))) == ("at", before, before), after.cause


def described(text):
    assert "description to vnpt" in text
    return text.replace("description to vnpt", "description towards VNPT")


def quiet_mistake(text):
    """The IPv6 neighbour is activated where its parser has nothing against it: under IPv4."""
    line = f"  neighbor {NEIGHBOUR}\n"
    assert text.count(line) == 1
    begins = " address-family ipv4 unicast\n"
    return text.replace(line, "").replace(begins, begins + line, 1)


def test_the_quiet_mistake_is_caught_and_its_line_named(judge):
    said, report = judge(quiet_mistake)
    assert (said.returncode, report["not_as_before"]) == (1, ""), said.stdout
    assert "BGP-01" in report["red"]
    assert report["where"][0].rpartition(":")[0].endswith(f"nodes/edge2/{FRR}")
    assert "**First cause:**" in said.stdout


def test_what_has_changed_since_a_commit_is_judged_and_does_not_see_the_candidate_before_it(shared, tmp_path):
    for argv in (("init", "-q"), ("add", "."), ("commit", "-qm", "base")):
        git(shared.root, *argv)
    template = f"configs/stages/12-prepare/roles/edge/{FRR}.j2"
    old, new = '"%s IPv%d" % (isp', '"%s, IPv%d" % (isp'
    text = shared.edit(template, old, new).read_text()
    said, report = verified(shared, tmp_path, "--base", "HEAD")
    shared.edit(template, new, old)
    assert (said.returncode, report["outcome"], report["red"]) == (0, "pass", []), said.stdout
    assert report["checks"]["BGP-01"] == "pass"
    assert "may go into production" in said.stdout
    assert {(each["node"], each["path"]) for each in report["changed"]} == {("edge1", FRR), ("edge2", FRR)}
    where = f"{shared.root / template}:{1 + text[: text.index(new)].count(chr(10))}"
    assert {f"{each['source']}:{each['line']}" for each in report["changed"]} == {where}


def test_a_candidate_that_its_daemon_refuses_is_named_and_not_laid(judge):
    said, report = judge(lambda text: text.replace("description to vnpt", "descryption to vnpt"))
    assert (said.returncode, report["outcome"]) == (2, "wrong input")
    assert "frr on edge2 refuses it" in report["cause"]
    assert f"nodes/edge2/{FRR}" in report["cause"]


def test_a_candidate_for_an_unknown_node_is_refused(judge):
    said, report = judge(described, node="edge9")
    assert (said.returncode, report["outcome"]) == (2, "wrong input")
    assert "no node 'edge9'" in report["cause"]


def test_a_candidate_that_changes_nothing_is_not_laid(judge):
    said, report = judge(lambda text: text)
    assert (said.returncode, report["changed"]) == (0, [])
    assert "nothing was laid over a lab" in said.stdout


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_gate_that_is_ended_undoes_its_change_or_says_that_it_is_still_there(shared, tmp_path, candidate, how):
    made = str(candidate(described))
    process = shared.begin("verify", "--lab", shared.lab, "--candidate", made)
    laid = Condition("laid over it", lambda: None if record.read(shared.lab).state == "between" else "not yet")
    assert not until([laid], Deadline.after(60.0)).pending
    process.send_signal(how)
    process.communicate(timeout=60.0)
    if how == signal.SIGTERM:
        assert (process.returncode, record.read(shared.lab).state) == (130, "at")
        return
    said, report = verified(shared, tmp_path, "--candidate", made)
    assert (said.returncode, report["outcome"]) == (2, "wrong input")
    assert f"lab {shared.lab} is between" in said.stdout
    assert shared.up().returncode == 0
