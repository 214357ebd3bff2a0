"""Images of others: found where they lie, described as Docker does, and missed by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.engine import foreign, image
from harness.engine.base import Image
from harness.engine.embedded import blueprint, bundle
from harness.errors import WrongInput
from harness.topology.load import load
from harness.topology.model import NodeSpec

REFERENCE = "frrouting/frr:v10"


@pytest.fixture(autouse=True)
def no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "_docker", lambda: None)


def put(store: Path, **said: object) -> None:
    home = foreign.folder(REFERENCE, store)
    (home / "rootfs").mkdir(parents=True)
    (home / "image.json").write_text(json.dumps(said))


def test_an_image_in_the_store_is_used_with_what_it_says(tmp_path: Path) -> None:
    config = {"Entrypoint": ["/start"], "Cmd": ["-x"], "Env": ["A=1=2"], "WorkingDir": "/srv", "User": ""}
    put(tmp_path, **foreign.described("sha256:1", config))
    found = foreign.provide(REFERENCE, tmp_path)
    root = tmp_path / "foreign" / "frrouting+frr=v10" / "rootfs"
    assert found == Image(root, ("/start",), {"A": "1=2"}, "sha256:1", ("-x",), "/srv")


def test_an_image_that_runs_as_somebody_else_is_refused(tmp_path: Path) -> None:
    put(tmp_path, user="nobody")
    with pytest.raises(WrongInput, match="runs as user nobody"):
        foreign.provide(REFERENCE, tmp_path)


def test_a_missing_image_says_what_can_be_done(tmp_path: Path) -> None:
    with pytest.raises(WrongInput) as caught:
        foreign.provide(REFERENCE, tmp_path)
    assert "frrouting/frr:v10 is not on this machine" in str(caught.value)
    assert "--image v6lab/node:trixie" in str(caught.value)
    assert "--engine containerlab" in str(caught.value)


def test_an_own_image_needs_no_tag_and_another_tag_is_no_foreign_image() -> None:
    assert image.is_own("v6lab/node")
    assert image.is_own("v6lab/node:other")
    assert not image.is_own("v6lab/nodes")


def test_all_missing_images_are_listed_with_their_nodes(tmp_path: Path) -> None:
    file = tmp_path / "t.clab.yml"
    nodes = "".join(f"    {name}: {{image: {image}}}\n" for name, image in (("r1", "a:1"), ("r2", "a:1"), ("h", "b")))
    file.write_text(f"name: t\ntopology:\n  defaults: {{kind: linux}}\n  nodes:\n{nodes}")

    def none(reference: str) -> Image:
        return foreign.provide(reference, tmp_path)

    with pytest.raises(WrongInput) as caught:
        blueprint.draw("t", load(file, {}), none, tmp_path)
    error = caught.value
    assert (error.where, error.line, error.key) == (file, 5, "topology.nodes.r1.image")
    assert "a:1: wanted by r1, r2" in error.what
    assert "b: wanted by h" in error.what


IMAGE = Image(Path("/i"), ("/entry",), {}, "d", ("image-cmd",))


@pytest.mark.parametrize(
    ("entrypoint", "cmd", "argv"),
    [
        (None, None, ["/entry", "image-cmd"]),
        (None, ("x",), ["/entry", "x"]),
        (("/other",), None, ["/other"]),
        (("/other",), ("x",), ["/other", "x"]),
    ],
)
def test_entrypoint_and_cmd_go_together_as_in_docker(
    entrypoint: tuple[str, ...] | None, cmd: tuple[str, ...] | None, argv: list[str]
) -> None:
    assert bundle.command(NodeSpec("a", entrypoint=entrypoint, cmd=cmd), IMAGE) == argv


@pytest.mark.parametrize(("admin", "writable"), [(True, True), (False, False)])
def test_only_the_settings_of_the_own_network_can_be_writable(admin: bool, writable: bool) -> None:
    places = bundle.Places(Path("/r"), Path("/e"), Path("/n"))
    read_only = bundle.config("t", NodeSpec("a", network_admin=admin), IMAGE, places, (), 0)["linux"]["readonlyPaths"]
    assert ("/proc/sys" not in read_only) is writable
    assert "/proc/sys/net" not in read_only
    if writable:
        assert {"/proc/sys/kernel", "/proc/sys/vm", "/proc/sys/fs"} <= set(read_only)
