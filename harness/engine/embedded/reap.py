"""Taking a lab away, from outside and whatever state it is in: the holder dies, and the kernel takes the rest with it.

Found is a holder by its environment, not by a record: it is there before anything could be written down.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from harness.engine.embedded import cgroups
from harness.engine.embedded.state import LabState
from harness.errors import LabFailed

MARK = "V6LAB_HOLDS"
"""Environment variable of a holder and of its own helpers, and of nothing else, with the lab's name."""

END_SECONDS = 20.0


def marked(lab: str) -> Iterator[int]:
    """Processes that carry the lab's mark (those of which the memory is gone already are not seen)."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and _is_marked(int(entry.name), lab):
            yield int(entry.name)


def _is_marked(pid: int, lab: str) -> bool:
    try:
        return f"{MARK}={lab}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def kill(lab: str) -> None:
    """End the lab's holder and all that is inside it, and wait until it is over. Raises ``LabFailed`` if it stays."""
    cgroups.thaw(lab)
    for pid in marked(lab):
        with suppress(ProcessLookupError):
            pidfd = os.pidfd_open(pid)
            try:
                if _is_marked(pid, lab):  # still: the number may be another process's by now
                    _kill(pidfd, f"process {pid} of lab {lab}")
            finally:
                os.close(pidfd)


def _kill(pidfd: int, what: str) -> None:
    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    watch = select.poll()
    watch.register(pidfd, select.POLLIN)
    if not watch.poll(END_SECONDS * 1000):
        raise LabFailed(f"{what} does not die")


def clear(state: LabState) -> None:
    """Kill, and remove what the kernel leaves. The caller holds the lab's lock, or its directory is gone already."""
    kill(state.lab)
    cgroups.remove(state.lab)
    state.remove()


def clear_remains(state: LabState) -> None:
    """Remove what a holder that died by itself has left, so that the lab can be built again. The lock is held."""
    kill(state.lab)
    cgroups.remove(state.lab)
    for path in (state.socket, state.record):
        path.unlink(missing_ok=True)


def leftovers(state: LabState) -> tuple[str, ...]:
    """What of the lab is on this machine, one line each."""
    found = [f"process {pid}" for pid in marked(state.lab)]
    for top in cgroups.folders(state.lab):
        found.append(f"control group {top}")
        for tasks in top.rglob("cgroup.procs"):
            with suppress(OSError):
                found += [f"process {pid} in {tasks.parent}" for pid in tasks.read_text().split()]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    found += [f"mount {line.split()[4]}" for line in mounts if Path(line.split()[4]).is_relative_to(state.directory)]
    if state.directory.exists():
        found.append(f"directory {state.directory}")
    return tuple(dict.fromkeys(found))
