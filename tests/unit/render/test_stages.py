"""The stack of stages: which place decides about a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import WrongInput
from harness.render.stages import Stack

STAGES = ("one", "two", "three")
HOSTS = "etc/hosts"


def stack(root: Path, *files: str, stage: str = "three", overlays: tuple[str, ...] = ()) -> Stack:
    """The stack over these files, each with its own path as content."""
    for name in files:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return Stack.at(root, STAGES, stage, *(root / overlay for overlay in overlays))


def decides(found: Stack, root: Path, path: str = HOSTS) -> tuple[str, str] | None:
    source = found.resolve("ns1", "dns", path)
    return (source.stage, str(source.file.relative_to(root))) if source else None


def test_a_file_of_the_node_is_before_its_roles_and_that_before_everyones(tmp_path: Path) -> None:
    places = ["one/roles/all/etc/hosts", "one/roles/dns/etc/hosts", "one/nodes/ns1/etc/hosts"]
    for count in (1, 2, 3):
        assert decides(stack(tmp_path, *places[:count]), tmp_path) == ("one", places[count - 1])


def test_a_later_stage_is_before_an_earlier_one_whatever_the_place(tmp_path: Path) -> None:
    found = stack(tmp_path, "one/nodes/ns1/etc/hosts", "two/roles/all/etc/hosts")
    assert decides(found, tmp_path) == ("two", "two/roles/all/etc/hosts")


def test_a_stage_knows_nothing_of_later_ones(tmp_path: Path) -> None:
    found = stack(tmp_path, "one/roles/all/etc/hosts", "three/nodes/ns1/etc/hosts", stage="two")
    assert decides(found, tmp_path) == ("one", "one/roles/all/etc/hosts")


def test_files_of_other_nodes_and_roles_are_not_this_nodes(tmp_path: Path) -> None:
    found = stack(tmp_path, "one/nodes/ns2/etc/hosts", "one/roles/web/etc/motd")
    assert found.paths("ns1", "dns") == ()
    assert decides(found, tmp_path) is None


def test_an_absent_file_takes_the_earlier_one_away_and_a_later_one_brings_it_back(tmp_path: Path) -> None:
    found = stack(tmp_path, "one/roles/all/etc/hosts", "two/roles/dns/etc/hosts.absent")
    assert decides(found, tmp_path) is None
    assert found.paths("ns1", "dns") == (HOSTS,)
    again = stack(tmp_path, "three/nodes/ns1/etc/hosts.j2")
    assert decides(again, tmp_path) == ("three", "three/nodes/ns1/etc/hosts.j2")


def test_an_absent_file_of_a_role_does_not_concern_another(tmp_path: Path) -> None:
    found = stack(tmp_path, "one/roles/all/etc/hosts", "two/roles/web/etc/hosts.absent")
    assert decides(found, tmp_path) == ("one", "one/roles/all/etc/hosts")


def test_a_template_gives_the_path_without_its_ending(tmp_path: Path) -> None:
    found = stack(tmp_path, "one/roles/all/etc/hosts.j2", "one/roles/dns/etc/named.conf")
    assert found.paths("ns1", "dns") == (HOSTS, "etc/named.conf")
    for path, template in ((HOSTS, True), ("etc/named.conf", False)):
        source = found.resolve("ns1", "dns", path)
        assert source is not None
        assert source.template == template


def test_the_walk_names_every_place_that_was_looked_at_up_to_the_one_that_decided(tmp_path: Path) -> None:
    steps = stack(tmp_path, "two/roles/dns/etc/hosts", "one/roles/all/etc/hosts").walk("ns1", "dns", HOSTS)
    assert [(step.stage, step.place, step.found is not None) for step in steps] == [
        ("three", "nodes/ns1", False),
        ("three", "roles/dns", False),
        ("three", "roles/all", False),
        ("two", "nodes/ns1", False),
        ("two", "roles/dns", True),
    ]


def test_of_several_candidates_the_last_named_lies_on_top(tmp_path: Path) -> None:
    files = ("three/nodes/ns1/etc/hosts", "first/roles/all/etc/hosts", "second/roles/all/etc/hosts")
    assert decides(stack(tmp_path, *files, overlays=("first",)), tmp_path) == ("first", files[1])
    assert decides(stack(tmp_path, overlays=("first", "second")), tmp_path) == ("second", files[2])


def test_a_stage_that_does_not_exist_is_told_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"there is no stage 'four'\n  → stages: one, two, three"):
        stack(tmp_path, stage="four")
