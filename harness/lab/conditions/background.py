"""Daemons that their service script starts in the background: whether one lives only its process can say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.lab.conditions.nodes import once_started
from harness.lab.conditions.services import LISTEN, listening
from harness.lab.lab import Lab
from harness.node import Node
from harness.wait import Condition, Hopeless


@dataclass(frozen=True, slots=True)
class Daemon:
    """``needs``: the file with which it runs, if ``word`` is in that; ``pid``: where its script writes its number;
    ``table`` and ``port``: the socket with which it is ready (a table of /proc/PID/net)."""

    name: str
    needs: str
    word: str
    pid: str
    table: str
    port: int


DAEMONS = (
    Daemon("kea-dhcp4", "etc/kea/kea-dhcp4.conf", '"subnet"', "run/v6lab/kea-dhcp4.pid", "udp", 67),
    Daemon("kea-dhcp6", "etc/kea/kea-dhcp6.conf", '"subnet"', "run/v6lab/kea-dhcp6.pid", "udp6", 547),
    Daemon("stayrtr", "etc/stayrtr/rpki.json", "", "run/stayrtr.pid", "tcp6", 8282),
)


def conditions(lab: Lab) -> Iterator[Condition]:
    """One a daemon and node whose tree has its file."""
    for name in lab.nodes:
        tree = Path(lab.record.trees) / name
        for daemon in DAEMONS:
            file = tree / daemon.needs
            if file.is_file() and daemon.word in file.read_text(errors="replace"):
                yield once_started(lab, f"daemon {daemon.name}", name, partial(_not_ready, daemon))


def _not_ready(daemon: Daemon, node: Node) -> str | None:
    pid = _read(node.root / daemon.pid)
    if not pid:
        return "it has not been started"
    if _has_ended(node.root / "proc" / pid / "stat"):
        raise Hopeless(f"{daemon.name} has ended: v6lab log {node.name}")
    state = LISTEN if daemon.table.startswith("tcp") else None
    open_ports = listening(Path(f"/proc/{node.pid}/net/{daemon.table}"), state)
    return None if daemon.port in open_ports else f"it does not listen on {daemon.table} {daemon.port} yet"


def _has_ended(stat: Path) -> bool:
    """Also a process that nobody has fetched (proc_pid_stat(5): the state follows the name in brackets) has ended."""
    try:
        return stat.read_text().rpartition(")")[2].split()[0] in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return True


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return ""
