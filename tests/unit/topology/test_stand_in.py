"""Another image in place of those that a file names."""

from __future__ import annotations

from pathlib import Path

from harness.topology.load import load
from harness.topology.stand_in import replaced, stand_in

FILE = """
name: t
topology:
  defaults: {kind: linux}
  nodes:
    r1: {image: "frrouting/frr:latest", cmd: run}
    r2: {image: "frrouting/frr:latest"}
    own: {image: "v6lab/node:trixie"}
    h: {image: alpine}
"""


def test_an_image_stands_in_for_all_others_and_says_for_which(tmp_path: Path) -> None:
    file = tmp_path / "t.clab.yml"
    file.write_text(FILE)
    before = load(file, {})
    after = stand_in(before, "v6lab/node")
    assert {each.name: each.image for each in after.nodes.values()} == {
        "r1": "v6lab/node",
        "r2": "v6lab/node",
        "own": "v6lab/node:trixie",
        "h": "v6lab/node",
    }
    assert after.nodes["r1"].cmd == ("run",)
    assert list(replaced(before, after)) == [
        "image v6lab/node stands in for frrouting/frr:latest on r1, r2",
        "image v6lab/node stands in for alpine on h",
    ]


def test_without_an_image_the_topology_is_as_written(tmp_path: Path) -> None:
    file = tmp_path / "t.clab.yml"
    file.write_text(FILE)
    before = load(file, {})
    assert stand_in(before, None) is before
