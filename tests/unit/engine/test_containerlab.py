"""The parts of the containerlab engine that need no Docker."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from harness.engine import clab_command, clab_record, clab_remains, docker_exec, docker_image, docker_node
from harness.engine.base import Image
from harness.errors import LabFailed, MissingCapability
from harness.setup import clab_build, go
from harness.topology.model import Endpoint, Link, NodeSpec, Topology


class FakeContainer:
    """As much of Docker's container as a node is read from."""

    def __init__(self, status: str, *, error: str = "", restarts: int = 0, log: str = "", pid: int = 7) -> None:
        self.status, self._log = status, log
        self.labels = {"clab-node-name": "edge1", "v6lab-role": "edge"}
        self.attrs = {"State": {"Pid": pid, "ExitCode": 3, "Error": error}, "RestartCount": restarts}

    def logs(self, tail: Any) -> bytes:
        return self._log.encode()


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here reads or writes the machine's own files."""
    for module in (clab_record, clab_remains):
        monkeypatch.setattr(module, "RUN", tmp_path / "run")
    monkeypatch.setattr(clab_remains, "NETNS", tmp_path / "netns")
    monkeypatch.setattr(clab_remains, "SSH", tmp_path / "ssh")
    monkeypatch.setattr(clab_remains, "HOSTS", tmp_path / "hosts")
    monkeypatch.setattr(clab_remains, "_unmoved_links", list)
    for directory in ("netns", "ssh"):
        (tmp_path / directory).mkdir()


@pytest.fixture
def pair(tmp_path: Path) -> Topology:
    file = tmp_path / "t.clab.yml"
    file.write_text("name: t\n")
    nodes = {"a": NodeSpec("a", exec=("ip addr add 192.0.2.1/24 dev eth1",)), "b": NodeSpec("b")}
    link = Link(Endpoint("a", "eth1"), Endpoint("b", "eth1"))
    return Topology("t", file, nodes, (link,), {"V6LAB_TREES": "/trees"})


@pytest.mark.parametrize(
    ("status", "state", "pid"), [("running", "running", 7), ("paused", "frozen", 7), ("exited", "stopped", None)]
)
def test_a_container_is_a_node_with_its_role_and_state(status: str, state: str, pid: int | None) -> None:
    node = docker_node.as_node(FakeContainer(status))  # type: ignore[arg-type]
    assert (node.name, node.role, node.state, node.pid) == ("edge1", "edge", state, pid)


def test_a_node_that_docker_keeps_starting_again_counts_as_dead() -> None:
    with pytest.raises(LabFailed, match="edge1"):
        docker_node.require_alive([FakeContainer("running", restarts=2)], ["edge1"])  # type: ignore[list-item]
    docker_node.require_alive([FakeContainer("running")], ["edge1"])  # type: ignore[list-item]
    with pytest.raises(LabFailed, match="did not make: edge2"):
        docker_node.require_alive([FakeContainer("running")], ["edge1", "edge2"])  # type: ignore[list-item]


def test_the_last_words_of_a_dead_node_are_shown_and_those_of_the_living_are_not() -> None:
    dead = FakeContainer("exited", error="no such program", log="the disk is on fire\n")
    notes = docker_node.death_notes([dead, FakeContainer("running", log="fine")])  # type: ignore[list-item]
    assert "edge1 died at start (code 3)" in notes
    assert "no such program\n    the disk is on fire" in notes
    assert "fine" not in notes


def test_dockers_frames_are_taken_apart_wherever_they_are_cut() -> None:
    stream = b"".join(
        struct.pack(">BxxxL", kind, len(data)) + data for kind, data in ((1, b"out"), (2, b"err"), (1, b"put"))
    )
    for step in (1, 3, 1000):
        frames = docker_exec._Frames(None)  # type: ignore[arg-type]
        for at in range(0, len(stream), step):
            frames.take(stream[at : at + step])
        assert (frames.text(1), frames.text(2)) == ("output", "err")


def test_what_docker_cannot_execute_ends_with_a_shells_code() -> None:
    told = (
        'OCI runtime exec failed: exec failed: unable to start container process: exec: "x": executable file not found'
    )
    assert docker_exec.completed(["x"], 127, told, "").code == 127
    assert docker_exec.completed(["x"], 126, told, "").err == "x: not found\n"
    denied = docker_exec.completed(["x"], 126, "OCI runtime exec failed: permission denied", "")
    assert (denied.code, denied.out) == (126, "")


def test_a_commands_own_answer_is_left_as_it_is() -> None:
    done = docker_exec.completed(["sh"], 127, "not found", "e")
    assert (done.code, done.out, done.err) == (127, "not found", "e")


def test_the_image_in_docker_keeps_its_entrypoint_environment_and_digest() -> None:
    image = Image(Path("/r"), ("/usr/bin/tini", "--"), {"PATH": "/bin"}, "abc")
    assert docker_image.changes(image) == [
        'ENTRYPOINT ["/usr/bin/tini", "--"]',
        "LABEL v6lab-digest=abc",
        'ENV PATH="/bin"',
    ]
    plain = Image(Path("/r"), (), {}, "abc", cmd=("sh",), directory="/srv")
    assert docker_image.changes(plain)[2:] == ['CMD ["sh"]', "WORKDIR /srv"]


def test_the_record_says_how_to_call_the_lab_again(pair: Topology) -> None:
    clab_record.write("t1", pair)
    record = clab_record.read("t1")
    assert (record.file, record.environment) == (str(pair.file), {"V6LAB_TREES": "/trees"})
    assert record.neighbours == {"a": ["b"], "b": ["a"]}
    assert record.digest == clab_record.digest(pair.file)


def test_a_deployment_counts_as_cut_off_until_it_is_complete(pair: Topology) -> None:
    assert not clab_record.cut_off("t1")
    clab_record.write("t1", pair)
    assert clab_record.cut_off("t1")
    clab_record.complete("t1")
    assert not clab_record.cut_off("t1")


def test_a_lab_of_somebody_else_has_no_record() -> None:
    assert clab_record.find("foreign") is None
    with pytest.raises(LabFailed, match="foreign was not brought up by this project"):
        clab_record.read("foreign")


def test_what_a_lab_left_is_found_and_removed_and_its_neighbours_is_not(pair: Topology, tmp_path: Path) -> None:
    clab_record.write("t1", pair)
    for name in ("clab-t1-a", "clab-t1-b-a"):
        (tmp_path / "netns" / name).symlink_to("/proc/0/ns/net")
    (tmp_path / "ssh/clab-t1.conf").touch()
    (tmp_path / "ssh/clab-t1-b.conf").touch()
    others = "127.0.0.1 localhost\n###### CLAB-t1-b-START ######\n###### CLAB-t1-b-END ######\n"
    (tmp_path / "hosts").write_text(others + "###### CLAB-t1-START ######\nx\n###### CLAB-t1-END ######\n")
    assert len(clab_remains.remains("t1", ())) == 4
    clab_remains.clear("t1", ())
    assert clab_remains.remains("t1", ()) == ()
    assert (tmp_path / "hosts").read_text() == others
    assert (tmp_path / "ssh/clab-t1-b.conf").exists()
    assert (tmp_path / "netns/clab-t1-b-a").is_symlink()


def test_without_the_command_the_capability_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(clab_command, "find", lambda: None)
    with pytest.raises(MissingCapability, match="lacks containerlab"):
        clab_command.call(["deploy"], {}, tmp_path, print)


def test_a_failed_call_shows_its_log_and_an_error_that_is_only_logged_is_heard(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command = tmp_path / "containerlab"
    command.write_text("#!/bin/sh\necho '08:00:00 ERRO Failed to execute command node=a'\necho last\nexit 1\n")
    command.chmod(0o755)
    monkeypatch.setattr(clab_command, "find", lambda: command)
    heard: list[str] = []
    with pytest.raises(LabFailed, match=r"containerlab deploy failed:(?s:.*)last"):
        clab_command.call(["deploy"], {}, tmp_path, heard.append)
    assert heard == ["containerlab: Failed to execute command node=a"]


def test_the_change_to_containerlabs_source_is_made_once_or_not_at_all() -> None:
    changed = clab_build.patch("func x() {\n" + clab_build.BEFORE + "}\n")
    assert "os.IsNotExist(err)" in changed
    with pytest.raises(LabFailed, match="not as expected"):
        clab_build.patch("func x() {}\n")


def test_the_version_of_go_is_read_from_the_module() -> None:
    assert go.required("module m\n\ngo 1.26.0\n") == "1.26.0"
    assert go.required("module m\n\ngo 1.21\n") == "1.21"


@pytest.mark.parametrize(
    ("older", "newer"), [("go1.19.8", "1.26.0"), ("go1.9", "go1.10"), ("go1.26", "1.26.1 X:x"), ("", "1.1")]
)
def test_versions_of_go_are_compared_as_numbers(older: str, newer: str) -> None:
    assert go.number(older) < go.number(newer)
