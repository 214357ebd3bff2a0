"""A node's life: how runc starts it, whether its first process lives, freezing it, killing it, starting it again."""

from __future__ import annotations

import json
import os
import select
import signal
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.engine.embedded import cgroups, wiring
from harness.engine.embedded.inside import Inside
from harness.errors import LabFailed
from harness.node import NodeState

SETTLE_SECONDS = 0.15
"""A node whose first process lives this long after the last one was started is said to have started."""


@dataclass(frozen=True, slots=True)
class Life:
    """The first process of a node that was started: pid inside the lab, pid on the host, start in clock ticks."""

    pid: int
    host: int
    start: int


def _start_time(pid: int) -> int | None:
    """Field 22 of /proc/PID/stat (proc(5)); ``None`` where there is no such process or it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def spawn(inside: Inside, node: str) -> int:
    """Start runc for a node; gives the pid of runc, which ends when the node's first process has been executed."""
    folder = inside.folder(node)
    argv = ["runc", "--root", str(inside.runtime), "--log", str(folder / "runc.log"), "run", "--detach"]
    argv += ["--pid-file", str(folder / "pid"), "--bundle", str(folder), node]
    log = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(folder / "log"), log, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    # Python ignores SIGPIPE, and what is ignored stays ignored in what is executed
    return os.posix_spawnp("runc", argv, os.environ, file_actions=actions, setsigdef=[signal.SIGPIPE])


def born(inside: Inside, node: str, status: int) -> Life:
    """Note the life of a node of which runc has ended with ``status``. Raises ``LabFailed`` with the log."""
    folder = inside.folder(node)
    if status:
        raise LabFailed(_obituary(inside, node, "could not be started", folder / "runc.log"))
    pid = int((folder / "pid").read_text())
    start = _start_time(pid)
    if start is None:
        raise LabFailed(_obituary(inside, node, _ending(pid)))
    life = Life(pid, _host_pid(inside, pid), start)
    (folder / "life.json").write_text(json.dumps(asdict(life)))
    return life


def _host_pid(inside: Inside, pid: int) -> int:
    """A pid inside the lab as the host numbers it: what the host's /proc says of a descriptor of the process."""
    fd = os.pidfd_open(pid)
    try:
        for line in (inside.host_proc / f"self/fdinfo/{fd}").read_text().splitlines():
            if line.startswith("Pid:"):
                return int(line.split()[1])
    finally:
        os.close(fd)
    raise LabFailed(f"the host's number of process {pid} cannot be read")


def _ending(pid: int) -> str:
    try:
        _, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return "ended at start"
    code = os.waitstatus_to_exitcode(status)
    return f"ended at start with code {code}" if code >= 0 else f"was ended at start by signal {-code}"


def _obituary(inside: Inside, node: str, what: str, *more: Path) -> str:
    parts = [inside.log_tail(node)]
    for path in more:
        with suppress(FileNotFoundError):
            parts.append(path.read_text(errors="replace").strip())
    text = "\n".join(part for part in parts if part) or "(it wrote nothing)"
    indented = "\n".join(f"  | {line}" for line in text.splitlines())
    return f"node {node} {what}; the last lines of its log:\n{indented}"


def settle(inside: Inside, lives: dict[str, Life]) -> None:
    """See that all of these stay alive for ``SETTLE_SECONDS``. Raises ``LabFailed`` for the first that does not."""
    watch = select.poll()
    owners: dict[int, str] = {}
    try:
        for node, life in lives.items():
            try:
                fd = os.pidfd_open(life.pid)
            except ProcessLookupError:
                raise LabFailed(_obituary(inside, node, "ended at start")) from None
            owners[fd] = node
            watch.register(fd, select.POLLIN)
        for fd, _ in watch.poll(SETTLE_SECONDS * 1000):
            node = owners[fd]
            raise LabFailed(_obituary(inside, node, _ending(lives[node].pid)))
    finally:
        for fd in owners:
            os.close(fd)


def living(inside: Inside, node: str) -> Life | None:
    """The life that the node has now, ``None`` if its first process has ended."""
    inside.part(node)
    try:
        life = Life(**json.loads((inside.folder(node) / "life.json").read_text()))
    except FileNotFoundError:
        return None
    return life if _start_time(life.pid) == life.start else None


def state(inside: Inside, node: str, freezer: Path | None) -> tuple[NodeState, int | None]:
    """What a node is doing, and its first process's pid on the host. ``freezer`` is the lab's control group."""
    life = living(inside, node)
    if life is None:
        return "stopped", None
    return ("frozen" if freezer and cgroups.is_frozen(freezer / node) else "running"), life.host


def freeze(inside: Inside, node: str) -> None:
    """Stop all processes of a node from running, also those that were executed in it from outside."""
    life = living(inside, node)
    if life is None:
        raise LabFailed(f"node {node} is stopped and cannot be frozen")
    folder = cgroups.freezer(inside.lab) / node
    own = Path(f"/proc/{life.pid}/ns/pid").stat()
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with suppress(OSError):
                if os.path.samestat(own, Path(entry.path, "ns/pid").stat()):
                    cgroups.join(folder, int(entry.name))
    cgroups.set_frozen(folder, True)


def kill(inside: Inside, node: str) -> None:
    """End a node as a power cut does: its carriers go while its processes can say nothing more, then they end."""
    life = living(inside, node)
    if life is None:
        wiring.renew(inside, node)
        return
    folder = cgroups.freezer(inside.lab) / node
    freeze(inside, node)
    wiring.renew(inside, node)
    fd = os.pidfd_open(life.pid)
    try:
        signal.pidfd_send_signal(fd, signal.SIGKILL)
        cgroups.set_frozen(folder, False)  # version 1 delivers the signal only now
        watch = select.poll()
        watch.register(fd, select.POLLIN)
        watch.poll()
    finally:
        os.close(fd)


def start(inside: Inside, node: str) -> bool:
    """Let a frozen node go on, or start a stopped one on its old files and links. Whether it was started afresh."""
    if living(inside, node):
        cgroups.set_frozen(cgroups.freezer(inside.lab) / node, False)
        return False
    wiring.renew(inside, node)  # a node that died by itself has left its addresses behind
    wiring.set_up_ports(inside, node)
    os.waitpid(
        os.posix_spawnp("runc", ["runc", "--root", str(inside.runtime), "delete", "--force", node], os.environ), 0
    )
    _, status = os.waitpid(spawn(inside, node), 0)
    settle(inside, {node: born(inside, node, status)})
    return True
