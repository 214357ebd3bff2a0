"""Recipes, their digests, and the store of built images; nothing here installs a package."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from harness.engine import debian, image, recipe
from harness.errors import WrongInput


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A small recipe."""
    directory = tmp_path / "recipes" / "node"
    (directory / "overlay/usr/local/sbin").mkdir(parents=True)
    (directory / "recipe.toml").write_text('suite = "trixie"\nentrypoint = ["/bin/start"]\n[env]\nA = "b"\n')
    (directory / "packages.txt").write_text("# routing\nfrr\nbind9  # names\n\n")
    start = directory / "overlay/usr/local/sbin/node-start"
    start.write_text("#!/bin/sh\n")
    start.chmod(0o700)
    return directory


def put(store: Path, made: recipe.Recipe, *, at: float = 0.0, name: str = "") -> Path:
    """An image in the store as a build leaves it."""
    home = store / (name or made.digest)
    (home / "rootfs").mkdir(parents=True)
    (store / f"base-{made.base_digest}").mkdir(exist_ok=True)
    kept = {"reference": made.reference, "base": made.base_digest, "entrypoint": made.entrypoint, "env": dict(made.env)}
    (home / "image.json").write_text(json.dumps(kept))
    os.utime(home, (at, at))
    return home


def test_a_recipe_is_read_with_its_packages_sorted_and_its_reference_made_of_directory_and_suite(written: Path) -> None:
    made = recipe.load(written)
    assert made.reference == "v6lab/node:trixie"
    assert made.packages == ("bind9", "frr")
    assert (made.entrypoint, made.env) == (("/bin/start",), {"A": "b"})


def test_a_changed_overlay_changes_the_image_and_not_its_base(written: Path) -> None:
    before = recipe.load(written)
    (written / "overlay/usr/local/sbin/node-start").write_text("#!/bin/sh\nexit 1\n")
    after = recipe.load(written)
    assert after.base_digest == before.base_digest
    assert after.digest != before.digest


@pytest.mark.parametrize(
    ("name", "text"),
    [("packages.txt", "frr\n"), ("customize", "rm x\n"), ("recipe.toml", 'suite="sid"\nentrypoint=["a"]')],
)
def test_what_decides_the_packages_changes_the_base(written: Path, name: str, text: str) -> None:
    before = recipe.load(written)
    (written / name).write_text(text)
    assert recipe.load(written).base_digest != before.base_digest


def test_a_change_of_the_executable_bit_changes_the_image_and_the_umask_of_a_clone_does_not(written: Path) -> None:
    start = written / "overlay/usr/local/sbin/node-start"
    before = recipe.load(written).digest
    start.chmod(0o755)
    assert recipe.load(written).digest == before
    start.chmod(0o644)
    assert recipe.load(written).digest != before


def test_a_bad_package_list_is_named_with_its_line(written: Path) -> None:
    (written / "packages.txt").write_text("frr\nbind9 unbound\n")
    with pytest.raises(WrongInput, match=r"packages\.txt:2: one package a line"):
        recipe.load(written)


def test_a_recipe_without_an_entrypoint_is_refused_by_key(written: Path) -> None:
    (written / "recipe.toml").write_text('suite = "trixie"\n')
    with pytest.raises(WrongInput, match="entrypoint: must be a list of words"):
        recipe.load(written)


def test_the_projects_own_recipe_can_be_read() -> None:
    assert "frr" in recipe.load(recipe.RECIPES / "node").packages


def test_laying_over_breaks_the_hard_link_to_the_base(written: Path, tmp_path: Path) -> None:
    base, root = tmp_path / "base", tmp_path / "root"
    for directory in (base, root / "usr/local/sbin"):
        directory.mkdir(parents=True)
    (base / "file").write_text("of the package")
    (root / "usr/local/sbin/node-start").hardlink_to(base / "file")
    image.lay_over(written / "overlay", root)
    assert (base / "file").read_text() == "of the package"
    laid = root / "usr/local/sbin/node-start"
    assert laid.read_text() == "#!/bin/sh\n"
    assert laid.stat().st_mode & 0o777 == 0o755


def test_a_built_image_is_found_by_its_reference(written: Path, tmp_path: Path) -> None:
    made = recipe.load(written)
    home = put(tmp_path / "store", made)
    found = image.find("v6lab/node:trixie", tmp_path / "store", written.parent)
    assert (found.root, found.entrypoint, found.digest) == (home / "rootfs", ("/bin/start",), made.digest)


def test_an_unknown_image_is_refused_with_those_that_exist(written: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"unknown image 'alpine'\n.*v6lab/node:trixie"):
        image.find("alpine", tmp_path / "store", written.parent)


def test_an_image_that_is_not_built_says_how_to_build_it(written: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"not been built yet\n.*make setup"):
        image.find("v6lab/node:trixie", tmp_path / "store", written.parent)


def test_pruning_keeps_the_newest_two_and_the_bases_that_they_stand_on(written: Path, tmp_path: Path) -> None:
    store, made = tmp_path / "store", recipe.load(written)
    for age, name in enumerate(("a" * 16, "b" * 16, "c" * 16)):
        put(store, made, at=1000.0 - age, name=name)
    (store / "base-0000000000000000").mkdir()
    (store / "dev").mkdir()
    image.prune(store)
    assert {path.name for path in store.iterdir()} == {"a" * 16, "b" * 16, "dev", f"base-{made.base_digest}"}


def test_a_full_disk_is_the_users_to_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(image, "BASE_BYTES", 10**18)
    with pytest.raises(WrongInput, match="the disk is full: 1000000000000 MB are needed"):
        image.ensure(written, lambda phase: None, tmp_path / "store")
    assert [path.name for path in (tmp_path / "store").iterdir()] == [".lock"]


def test_a_build_that_breaks_off_leaves_nothing_and_the_remains_of_a_killed_one_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: Path
) -> None:
    def breaks(made: recipe.Recipe, root: Path, progress: object) -> None:
        (root / "usr").mkdir(parents=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(debian, "unpack", breaks)
    (tmp_path / "store/.building-1/rootfs").mkdir(parents=True)
    with pytest.raises(KeyboardInterrupt):
        image.ensure(written, lambda phase: None, tmp_path / "store")
    assert [path.name for path in (tmp_path / "store").iterdir()] == [".lock"]


def test_a_second_build_after_an_overlay_change_unpacks_no_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: Path
) -> None:
    built: list[str] = []

    def unpack(made: recipe.Recipe, root: Path, progress: object) -> None:
        (root / "etc").mkdir(parents=True)
        (root / "etc/frr").write_text("x")
        built.append(made.base_digest)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(debian, "unpack", unpack)
    first = image.ensure(written, lambda phase: None, tmp_path / "store")
    (written / "overlay/etc").mkdir()
    (written / "overlay/etc/frr").write_text("y")
    second = image.ensure(written, lambda phase: None, tmp_path / "store")
    assert len(built) == 1
    assert (first.root / "etc/frr").read_text() == "x"
    assert (second.root / "etc/frr").read_text() == "y"


def test_the_mirror_is_the_main_archive_of_this_machine_and_not_security() -> None:
    targets = "\n".join(
        (
            "Packages|Debian|Debian-Security|main|http://one.example/security/",
            "Contents|Debian|Debian|main|http://two.example/debian/",
            "Packages|Other|Other|main|http://three.example/",
            "Packages|Debian|Debian|main|http://four.example/debian/",
        )
    )
    assert debian.mirror_in(targets) == "http://four.example/debian/"
    assert debian.mirror_in("") is None


def test_a_keyring_package_without_the_suites_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "debian-archive-keyring.gpg").touch()
    with pytest.raises(WrongInput, match="does not know trixie"):
        debian.keyring("trixie", tmp_path)
    (tmp_path / "debian-archive-trixie-stable.gpg").touch()
    assert debian.keyring("trixie", tmp_path).name == "debian-archive-keyring.gpg"


def test_the_build_command_survives_a_space_in_the_path(written: Path, tmp_path: Path) -> None:
    (written / "customize").write_text("true\n")
    spaced = written.rename(written.with_name("my node"))
    argv = debian.mmdebstrap(recipe.load(spaced), tmp_path / "root", "http://m.example", Path("/k.gpg"), ())
    assert f"--customize-hook=sh '{spaced}/customize' \"$1\"" in argv
    assert argv[-3:] == ["trixie", str(tmp_path / "root"), "deb [signed-by=/k.gpg] http://m.example trixie main"]
