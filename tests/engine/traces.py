"""Looking for what is left of a lab without asking the engine."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from harness.engine.base import Engine
from harness.wait import Condition, Deadline, until

HOLD_SECONDS = 0.2


def traces(lab: str) -> list[str]:
    """Processes, mounts, control groups, interfaces and files in which the lab's name, which is unique, occurs."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            for file in ("environ", "cgroup", "mountinfo"):
                with suppress(OSError):
                    if lab.encode() in Path(entry.path, file).read_bytes():
                        found.append(f"process {entry.name}: {file}")
    found += [f"interface {line}" for line in Path("/proc/net/dev").read_text().splitlines() if lab in line]
    for top in ("/sys/fs/cgroup", "/run", "/var/run/docker", "/etc/ssh/ssh_config.d"):
        for where, directories, files in os.walk(top):  # unlike rglob, no error where a directory goes meanwhile
            found += [f"{where}/{name}" for name in (*directories, *files) if lab in name]
    return found


def carrier(engine: Engine, lab: str, node: str) -> bool:
    """Whether eth1 of a node has one."""
    return "LOWER_UP" in engine.exec(lab, node, ["ip", "-o", "link", "show", "dev", "eth1"]).out


def reaches(engine: Engine, lab: str, node: str, address: str) -> bool:
    return engine.exec(lab, node, ["ping", "-c1", "-W1", address]).code == 0


def comes_true(what: str, condition: object, seconds: float = 5.0) -> None:
    """Wait for ``condition()``; fails with its name."""
    assert callable(condition)
    outcome = until([Condition(what, lambda: None if condition() else "not yet")], Deadline.after(seconds), workers=1)
    assert not outcome.pending, f"{what}: not in {seconds} s ({outcome.pending[0][1]})"


def holds(what: str, condition: object, seconds: float = HOLD_SECONDS) -> None:
    """See that ``condition()`` is true for as long as that."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert condition(), what
