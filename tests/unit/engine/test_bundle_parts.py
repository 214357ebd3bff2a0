"""The other pure parts of the embedded engine."""

from __future__ import annotations

import errno
import struct
from pathlib import Path

import pytest

from harness.engine.embedded import answer, capability, cgroups, files, netlink, state
from harness.errors import CannotMeasure, HarnessError, LabFailed, MissingCapability, WrongInput

HYBRID = """\
30 20 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
32 30 0:28 / /sys/fs/cgroup/freezer rw,relatime shared:4 - cgroup cgroup rw,freezer
33 30 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
UNIFIED = "31 30 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"


def test_capabilities_have_the_kernels_numbers() -> None:
    numbers = {"CHOWN": 0, "NET_ADMIN": 12, "SYS_ADMIN": 21, "MKNOD": 27, "CHECKPOINT_RESTORE": 40}
    assert {name: capability.NAMES.index(name) for name in numbers} == numbers
    assert capability.mask(capability.granted(())) == 0xA80425FB  # what `docker run` shows as CapBnd


@pytest.mark.parametrize("written", ["net_admin", "CAP_NET_ADMIN", "NET_ADMIN"])
def test_a_capability_may_be_written_in_any_usual_way(written: str) -> None:
    assert "NET_ADMIN" in capability.granted((written,))


def test_all_capabilities_are_all() -> None:
    assert capability.granted(("ALL",)) == capability.NAMES


def test_hierarchies_of_both_versions_are_found() -> None:
    root = Path("/sys/fs/cgroup")
    assert cgroups.hierarchies(HYBRID) == {"cpu": root / "cpu", "freezer": root / "freezer", "": root / "unified"}
    assert cgroups.hierarchies(UNIFIED) == {"": root}


@pytest.mark.parametrize(
    ("file", "text", "frozen"),
    [
        ("freezer.state", "FROZEN\n", True),
        ("freezer.state", "FREEZING\n", False),
        ("freezer.state", "THAWED\n", False),
        ("cgroup.events", "populated 1\nfrozen 1\n", True),
        ("cgroup.events", "populated 1\nfrozen 0\n", False),
        ("other", "", False),
    ],
)
def test_a_group_is_frozen_when_the_kernel_says_that_all_of_it_is(
    tmp_path: Path, file: str, text: str, frozen: bool
) -> None:
    (tmp_path / file).write_text(text)
    assert cgroups.is_frozen(tmp_path) is frozen


def test_an_attribute_is_padded_but_its_length_is_not() -> None:
    assert netlink.attribute(3, b"eth1\0") == struct.pack("=HH", 9, 3) + b"eth1\0\0\0\0"


def test_a_veth_is_asked_for_with_both_ends_in_place() -> None:
    body = netlink.veth(("eth1", ""), ("eth2", "02:00:00:00:00:01"), 1400, 77)
    assert body[:16] == struct.pack("=BxHiII", 0, 0, 0, netlink.IFF_UP, netlink.IFF_UP)
    assert netlink.attribute(netlink.IFLA_IFNAME, b"eth1\0") in body
    assert netlink.attribute(netlink.IFLA_IFNAME, b"eth2\0") in body
    assert body.count(netlink.attribute(netlink.IFLA_MTU, struct.pack("=I", 1400))) == 2
    assert netlink.attribute(netlink.IFLA_NET_NS_FD, struct.pack("=I", 77)) in body
    assert body.count(netlink.attribute(netlink.IFLA_ADDRESS, bytes([2, 0, 0, 0, 0, 1]))) == 1


@pytest.mark.parametrize(
    "error",
    [
        LabFailed("it broke"),
        CannotMeasure("nothing came"),
        MissingCapability("netem", "no delay"),
        WrongInput("bad", where="f.yml", line=3, key="a.b", hint="do this"),
    ],
)
def test_an_error_comes_out_of_the_holder_as_it_went_in(error: HarnessError) -> None:
    came = answer.from_plain(answer.to_plain(error))
    assert (type(came), str(came)) == (type(error), str(error))


def test_a_full_disk_is_wrong_input_with_the_path() -> None:
    came = answer.from_plain(answer.to_plain(OSError(errno.ENOSPC, "No space left on device", "/srv/x")))
    assert isinstance(came, WrongInput)
    assert "/srv/x" in str(came)


def test_an_error_of_no_kind_is_a_lab_that_failed_and_says_what_it_was() -> None:
    came = answer.from_plain(answer.to_plain(ValueError("seven")))
    assert isinstance(came, LabFailed)
    assert str(came) == "ValueError: seven"


def test_a_new_file_is_readable_and_a_new_script_executable(tmp_path: Path) -> None:
    files.write(tmp_path / "deep/plain", b"x")
    files.write(tmp_path / "script", b"#!/bin/sh\n")
    assert (tmp_path / "deep/plain").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "script").stat().st_mode & 0o777 == 0o755


def test_a_replaced_file_keeps_its_mode_and_a_link_to_it_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to("real")
    files.write(link, b"new")
    assert link.is_symlink()
    assert (real.read_text(), real.stat().st_mode & 0o777) == ("new", 0o640)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_what_is_not_there_is_removed_without_an_error(tmp_path: Path) -> None:
    files.remove(tmp_path / "none")
    (tmp_path / "file").touch()
    files.remove(tmp_path / "file/below")
    files.remove(tmp_path / "file")
    assert not list(tmp_path.iterdir())


def test_a_directory_is_not_removed_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    with pytest.raises(LabFailed, match="dir cannot be removed"):
        files.remove(tmp_path / "dir")


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "a b", "x" * 64])
def test_a_lab_whose_name_cannot_be_a_directorys_is_refused(name: str) -> None:
    with pytest.raises(WrongInput, match="cannot be called"):
        state.of(name)


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(state.VARIABLE, str(tmp_path))
    places = state.of("l")
    with state.locked(places) as first, state.locked(places) as second:
        assert first is not None
        assert second is None
    with state.locked(places) as again:
        assert again is not None
