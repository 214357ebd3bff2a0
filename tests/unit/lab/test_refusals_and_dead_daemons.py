"""Which file a daemon refuses, and whether one that runs in the background is still there."""

from __future__ import annotations

import pytest

from harness.engine.base import Completed
from harness.lab.conditions.background import DAEMONS, _not_ready
from harness.lab.refusal import last_words, refused, source
from harness.lab.reload import TABLE
from harness.node import Node
from harness.render.tree import NodeTree, Source, TreeFile
from harness.wait import Hopeless

NGINX = next(service for service in TABLE if service.name == "62-nginx")


def test_the_file_that_the_daemon_names_is_named_else_the_one_that_it_starts_from(tmp_path):
    files = {
        path: TreeFile(b"", 0o644, Source("00-baseline", tmp_path / path.replace("/", "-")))
        for path in ("etc/nginx/nginx.conf", "etc/nginx/conf.d/dvc.conf", "etc/hosts")
    }
    tree = NodeTree("dvc", files)
    said = Completed(("x",), 1, "", 'unknown directive "x" in /etc/nginx/conf.d/dvc.conf:74\n')
    assert source(tree, NGINX, said) == tmp_path / "etc-nginx-conf.d-dvc.conf"
    assert source(tree, NGINX, Completed(("x",), 1, "", "no")) == tmp_path / "etc-nginx-nginx.conf"
    assert source(NodeTree("dvc", {}), NGINX, said) is None


def test_the_last_words_are_one_line():
    assert last_words(Completed(("x",), 1, "out", "a\nb\nc\nd\n")) == "b / c / d"
    assert last_words(Completed(("x",), 7, "", "")) == "exit code 7"


@pytest.mark.parametrize(
    ("stat", "outcome"), [(None, Hopeless), ("9 (kea (x)) Z 1 9", Hopeless), ("9 (kea (x)) S 1 9", None)]
)
def test_a_daemon_that_has_ended_is_not_waited_for(tmp_path, monkeypatch, stat, outcome):
    kea = DAEMONS[0]
    node = Node("gw", "gateway", "running", 1)
    monkeypatch.setattr(Node, "root", property(lambda self: tmp_path))
    monkeypatch.setattr("harness.lab.conditions.background.listening", lambda table, state: {kea.port})
    assert _not_ready(kea, node) == "it has not been started"
    (tmp_path / kea.pid).parent.mkdir(parents=True)
    (tmp_path / kea.pid).write_text("9\n")
    if stat:
        (tmp_path / "proc/9").mkdir(parents=True)
        (tmp_path / "proc/9/stat").write_text(stat)
    if outcome:
        with pytest.raises(outcome, match="kea-dhcp4 has ended"):
            _not_ready(kea, node)
    else:
        assert _not_ready(kea, node) is None


def test_a_node_that_is_still_starting_is_not_asked_what_it_refuses(tmp_path, monkeypatch):
    """Its daemons would miss what their services have yet to make, and a good file be blamed for another's."""
    nodes = {name: Node(name, "isp", "running", 1) for name in ("starting", "ready")}
    monkeypatch.setattr(Node, "root", property(lambda self: tmp_path / self.name))
    (tmp_path / "ready/run/v6lab").mkdir(parents=True)
    (tmp_path / "ready/run/v6lab/started").touch()

    class Lab:
        def __init__(self):
            self.nodes = nodes
            self.asked = []

        def exec(self, node, *argv, timeout):
            self.asked.append(node)
            return Completed(argv, 1, "", f"{node} refuses it")

    lab = Lab()
    tree = {NGINX.needs: TreeFile(b"", 0o644, Source("00-baseline", tmp_path / "nginx.conf"))}
    wrong = refused(lab, {name: NodeTree(name, tree) for name in nodes})
    assert "ready refuses it" in str(wrong)
    assert lab.asked == ["ready"]
