"""What a machine has: the parsing, and that a lack is worded."""

from __future__ import annotations

import pytest

from harness.engine import kernel, machine
from harness.engine.kernel import Feature
from harness.errors import MissingCapability


@pytest.mark.parametrize(
    ("mounts", "version"),
    [
        ("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", "v2"),
        ("cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n", "hybrid"),
        ("cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\n", "v1"),
        ("proc /proc proc rw 0 0\n", "none"),
    ],
)
def test_the_layout_of_control_groups_is_read_from_the_mounts(mounts: str, version: str) -> None:
    assert machine.cgroup_version(mounts) == version


def test_available_memory_is_in_bytes() -> None:
    assert machine.memory_available("MemTotal: 9 kB\nMemAvailable:    4 kB\n") == 4096
    assert machine.memory_available("") == 0


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        ("Error: Unknown device type.\n", "Error: Unknown device type."),
        ("RTNETLINK answers: Operation not supported\n", "Operation not supported"),
        ("<cmdline>:1:1-2: Error: Could not process rule: No such file\nadd rule x\n^^^\n", None),
        ("", "refused without a word"),
    ],
)
def test_the_reason_of_a_lack_is_the_line_that_says_something(stderr: str, said: str | None) -> None:
    assert kernel.reason(stderr) == (said or stderr.splitlines()[0])


def test_a_feature_that_fails_is_a_missing_capability_with_its_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_namespace", list)
    monkeypatch.setattr(kernel, "FEATURES", {"teleport": Feature("echo no such thing >&2; exit 2", "one has to walk")})
    with pytest.raises(MissingCapability, match=r"lacks teleport: one has to walk \(no such thing\)"):
        machine.require("teleport")


def test_a_feature_that_works_is_no_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_namespace", list)
    monkeypatch.setattr(kernel, "FEATURES", {"walking": Feature("true", "nothing")})
    machine.require("walking")
    assert kernel.missing_of(["walking"]) == {"walking": None}


def test_every_feature_says_what_its_lack_costs() -> None:
    assert all(feature.cost and feature.commands for feature in kernel.FEATURES.values())


def test_what_is_present_costs_nothing_and_what_lacks_something() -> None:
    for capability in (machine._root(), machine._cores(), machine._memory(), machine._disk(), machine._cgroups()):
        assert capability.detail
        assert capability.present == (not capability.cost)
