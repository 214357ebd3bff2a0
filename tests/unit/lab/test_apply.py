from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.engine.base import Completed
from harness.errors import LabFailed, WrongInput
from harness.lab import record as records
from harness.lab.apply import WANTED, apply, changes
from harness.lab.record import Record
from harness.render import tree
from harness.render.tree import NodeTree, Source, TreeFile

SOURCE = Source("00-baseline", Path("configs/stages/00-baseline/roles/edge/etc/frr/frr.conf"))


def trees(**nodes):
    return {
        name: NodeTree(name, {path: TreeFile(text.encode(), 0o644, SOURCE) for path, text in files.items()})
        for name, files in nodes.items()
    }


OLD = trees(edge1={"etc/frr/frr.conf": "old", "etc/nftables.conf": "rules"}, portal={"etc/nginx/nginx.conf": "old"})


class Engine:
    """Keeps what it is told; ``refusing`` are words of commands that end with code 1."""

    def __init__(self):
        self.files, self.ran, self.refusing = {}, [], ()

    def push(self, lab, node, files):
        self.ran += [(node, f"rm {path}") for path, content in files.items() if content is None]
        self.files |= {(node, path): content for path, content in files.items()}

    def exec(self, lab, node, argv, *, stdin=b"", timeout=30.0):
        self.ran.append((node, " ".join(argv)))
        code = 1 if any(word in " ".join(argv) for word in self.refusing) else 0
        return Completed(tuple(argv), code, "", "line 3: unknown command" if code else "")


class Lab:
    name = "pilot"

    def __init__(self, record):
        self.record, self.engine = record, Engine()
        self.nodes = {name: SimpleNamespace(role=role) for name, role in (("edge1", "edge"), ("portal", "web"))}

    def exec(self, node, *argv, timeout=30.0):
        return self.engine.exec(self.name, node, argv, timeout=timeout)


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.setenv(records.STATE_VARIABLE, str(tmp_path / "state"))
    (tmp_path / "state" / "pilot").mkdir(parents=True)
    run = tmp_path / "run"
    tree.write(OLD, run / "trees")
    record = Record("pilot", "embedded", "t", "31", "at", str(run / "trees"), str(run), "", converged_s=9.0)
    records.save(record)
    return Lab(record)


def edited(node="edge1", path="etc/frr/frr.conf", text="new"):
    files = {**OLD[node].files, path: TreeFile(text.encode(), 0o644, SOURCE)}
    return {**OLD, node: NodeTree(node, files)}


def laid(lab, wanted):
    apply(lab, wanted, changes(lab, wanted))


def ran(lab):
    return [command for _, command in lab.engine.ran]


def test_an_unchanged_tree_changes_nothing(lab):
    assert changes(lab, OLD) == ()


def test_a_file_is_tested_before_its_daemon_is_told(lab):
    laid(lab, edited())
    assert lab.engine.files == {("edge1", "/etc/frr/frr.conf"): b"new"}
    assert ran(lab) == ["vtysh -C", "sh -eu /usr/local/lib/v6lab/services/30-frr"]


def test_afterwards_the_labs_trees_are_the_wanted_ones(lab):
    wanted = edited()
    laid(lab, wanted)
    assert changes(lab, wanted) == ()
    assert lab.record.digest == tree.digest(wanted)
    assert not (Path(lab.record.run) / WANTED).exists()


def test_a_file_that_its_daemon_refuses_is_named_and_put_back(lab):
    lab.engine.refusing = ("vtysh",)
    with pytest.raises(WrongInput, match=r"roles/edge/etc/frr/frr.conf.*frr on edge1 refuses it: line 3"):
        laid(lab, edited())
    assert lab.engine.files == {("edge1", "/etc/frr/frr.conf"): b"old"}
    assert not any("services" in command for command in ran(lab))
    assert records.read("pilot").state == "at"


def test_a_daemon_that_does_not_take_over_leaves_the_lab_between_with_the_cause(lab):
    lab.engine.refusing = ("services/30-frr",)
    with pytest.raises(LabFailed, match="30-frr on edge1 did not take the change over: line 3"):
        laid(lab, edited())
    found = records.read("pilot")
    assert (found.state, found.converged_s) == ("between", None)
    assert "30-frr on edge1" in found.cause


def test_what_was_broken_off_is_told_again_even_where_the_file_is_back_to_what_it_was(lab):
    lab.engine.refusing = ("services/30-frr",)
    with pytest.raises(LabFailed):
        laid(lab, edited())
    lab.engine.refusing, lab.engine.ran = (), []
    laid(lab, OLD)
    assert lab.engine.files == {("edge1", "/etc/frr/frr.conf"): b"old"}
    assert ran(lab)[-1].endswith("30-frr")


def test_a_service_whose_file_is_gone_is_stopped_before_the_file_is_removed(lab):
    wanted = {**OLD, "edge1": replace(OLD["edge1"], files={"etc/frr/frr.conf": OLD["edge1"].files["etc/frr/frr.conf"]})}
    laid(lab, wanted)
    assert lab.engine.files == {("edge1", "/etc/nftables.conf"): None}
    assert ran(lab) == ["sh -eu /usr/local/lib/v6lab/services/10-nftables stop", "rm /etc/nftables.conf"]


def test_firewalls_are_changed_on_all_nodes_before_routing_is(lab):
    wanted = edited()
    wanted["edge1"] = NodeTree("edge1", {**wanted["edge1"].files, "etc/nftables.conf": TreeFile(b"x", 0o644, SOURCE)})
    laid(lab, wanted)
    reloads = [command.rsplit("/", 1)[-1] for command in ran(lab) if "services" in command]
    assert reloads == ["10-nftables", "30-frr"]


def test_a_node_that_the_lab_has_not_is_refused(lab):
    with pytest.raises(WrongInput, match="no node 'edge9'"):
        changes(lab, {**OLD, **trees(edge9={"etc/frr/frr.conf": "x"})})


def test_a_mode_that_changed_is_set(lab):
    wanted = {**OLD, "portal": NodeTree("portal", {"etc/nginx/nginx.conf": TreeFile(b"new", 0o600, SOURCE)})}
    laid(lab, wanted)
    assert "chmod 600 /etc/nginx/nginx.conf" in ran(lab)
