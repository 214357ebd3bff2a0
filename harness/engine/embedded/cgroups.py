"""A lab's control groups, on machines with version 1, version 2 or both (cgroups(7)): find, freeze, remove.

``cgroup`` of a node is ``/v6lab-<lab>/<node>``, without a folder that labs share: two of them cannot race for one.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

from harness.errors import LabFailed, MissingCapability
from harness.wait import Condition, Deadline, until

FREEZE_SECONDS = 5.0


def path(lab: str, node: str = "") -> str:
    """The control group of a lab, or of one of its nodes, below a hierarchy's root."""
    return f"/v6lab-{lab}/{node}" if node else f"/v6lab-{lab}"


def hierarchies(mountinfo: str) -> dict[str, Path]:
    """Mount point by controller, from /proc/self/mountinfo; version 2 goes by the empty name."""
    found: dict[str, Path] = {}
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        point = Path(before.split()[4])
        if kind == "cgroup2":
            found.setdefault("", point)
        elif kind == "cgroup":
            for option in options.split(","):
                if option not in ("rw", "ro"):
                    found.setdefault(option, point)
    return found


def _mounted() -> dict[str, Path]:
    return hierarchies(Path("/proc/self/mountinfo").read_text())


def folders(lab: str) -> tuple[Path, ...]:
    """The lab's top folders that exist, one a hierarchy."""
    points = dict.fromkeys(_mounted().values())
    return tuple(folder for folder in (Path(f"{point}{path(lab)}") for point in points) if folder.is_dir())


def thaw(lab: str) -> None:
    """Let every process of a lab go on: in version 1 one that is frozen does not even die."""
    for top in folders(lab):
        for state in top.rglob("freezer.state"):
            with suppress(OSError):
                state.write_text("THAWED")


def remove(lab: str, seconds: float = 10.0) -> None:
    """Remove the lab's folders; processes in them that are just dying are waited for. ``LabFailed`` if they stay."""
    outcome = until([Condition("cgroups", lambda: _removed(lab))], Deadline.after(seconds), workers=1)
    for _, why in outcome.pending:
        raise LabFailed(f"control groups of lab {lab} cannot be removed: {why}")


def _removed(lab: str) -> str | None:
    for top in folders(lab):
        for folder, _, _ in os.walk(top, topdown=False):
            try:
                Path(folder).rmdir()
            except FileNotFoundError:
                continue
            except OSError as error:
                return str(error)
    return None


@cache
def freezer(lab: str) -> Path:
    """The lab's folder in the hierarchy that can freeze; found once, as the mounts of a lab are hundreds of lines and
    every command in a node asks. Raises ``MissingCapability``."""
    mounted = _mounted()
    point = mounted.get("freezer", mounted.get(""))
    if point is None:
        raise MissingCapability("the freezer control group", "nodes cannot be frozen")
    return Path(f"{point}{path(lab)}")


def is_frozen(folder: Path) -> bool:
    """Whether the group was told to freeze and every process in it has stopped."""
    try:
        return (folder / "freezer.state").read_text().strip() == "FROZEN"
    except FileNotFoundError:
        pass
    try:
        return "frozen 1" in (folder / "cgroup.events").read_text()
    except FileNotFoundError:
        return False


def set_frozen(folder: Path, frozen: bool) -> None:
    """Freeze or thaw a group and wait until it has come about (``LabFailed`` if it does not)."""
    _tell(folder, frozen)
    for _ in range(50):  # it takes microseconds: nearly always the first look is enough
        if is_frozen(folder) is frozen:
            return
        os.sched_yield()

    def unmet() -> str | None:
        if is_frozen(folder) is frozen:
            return None
        # Version 1 can miss a process that is just being forked and then stays FREEZING for ever: begin anew.
        _tell(folder, not frozen)
        _tell(folder, frozen)
        return None if is_frozen(folder) is frozen else "processes still run"

    if until([Condition("frozen", unmet)], Deadline.after(FREEZE_SECONDS), workers=1).pending:
        _tell(folder, frozen=False)
        raise LabFailed(f"{folder} did not {'freeze' if frozen else 'thaw'} in {FREEZE_SECONDS:.0f} s")


def _tell(folder: Path, frozen: bool) -> None:
    version1 = folder / "freezer.state"
    if version1.exists():
        version1.write_text("FROZEN" if frozen else "THAWED")
    else:
        (folder / "cgroup.freeze").write_text(str(int(frozen)))


def join(folder: Path, pid: int) -> None:
    """Put a process into a group; one that has just ended is no error."""
    try:
        (folder / "cgroup.procs").write_text(str(pid))
    except ProcessLookupError:
        return


def device_and_freezer(lab: str) -> tuple[Path, ...]:
    """The lab's folders in the hierarchies that say what its processes may open and whether they run."""
    mounted = _mounted()
    points = dict.fromkeys(mounted[name] for name in ("devices", "freezer", "") if name in mounted)
    return tuple(folder for folder in (Path(f"{point}{path(lab)}") for point in points) if folder.is_dir())
