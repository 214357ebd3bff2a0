"""Building a lab, inside its holder: mounts, wires, then all nodes in parallel."""

from __future__ import annotations

import json
import os
import select
import shutil
from collections.abc import Callable
from pathlib import Path

from harness.engine.embedded import life, wiring
from harness.engine.embedded.blueprint import NodePart
from harness.engine.embedded.inside import Inside
from harness.engine.embedded.life import Life
from harness.engine.embedded.syscalls import MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_REC, mount
from harness.errors import LabFailed

AT_ONCE = 6
"""How many runc start at a time: they wait for the kernel about as long as they compute."""


def mounts(inside: Inside) -> None:
    """The lab's own tmpfs and /proc; the host's /proc stays reachable for the pids that the harness knows."""
    mount("none", Path("/"), flags=MS_REC | MS_PRIVATE)
    mount("tmpfs", inside.root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")
    inside.host_proc.mkdir()
    mount("/proc", inside.host_proc, flags=MS_BIND)
    mount("proc", Path("/proc"), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)


def build(inside: Inside, progress: Callable[[str], None]) -> None:
    """Wire, then start. ``progress`` hears of each phase, and of each node as an empty line (it may raise)."""
    for folder in ("nodes", "netns", "runc"):
        (inside.root / folder).mkdir()
    progress(f"wiring {len(inside.links)} links between {len(inside.parts)} nodes")
    wiring.build(inside)
    progress(f"starting {len(inside.parts)} nodes")
    for part in inside.parts.values():
        _lay_out(inside, part)
    life.settle(inside, _start_all(inside, progress))


def _lay_out(inside: Inside, part: NodePart) -> None:
    folder = inside.folder(part["name"])
    for name in ("upper", "work", "root", "etc"):
        (folder / name).mkdir(parents=True)
    for name, text in part["files"].items():
        (folder / "etc" / name).write_text(text)
    (folder / "config.json").write_text(json.dumps(part["config"]))
    options = f"lowerdir={part['lower']},upperdir={folder / 'upper'},workdir={folder / 'work'}"
    mount("overlay", folder / "root", "overlay", 0, options)


def _start_all(inside: Inside, progress: Callable[[str], None]) -> dict[str, Life]:
    if shutil.which("runc") is None:
        raise LabFailed("runc has gone from PATH")
    waiting = _last_first(inside)
    running: dict[int, tuple[int, str]] = {}
    watch = select.poll()
    lives: dict[str, Life] = {}
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            node = waiting.pop()
            pid = life.spawn(inside, node)
            fd = os.pidfd_open(pid)
            running[fd] = pid, node
            watch.register(fd, select.POLLIN)
        for fd, _ in watch.poll():
            watch.unregister(fd)
            os.close(fd)
            pid, node = running.pop(fd)
            lives[node] = life.born(inside, node, os.waitpid(pid, 0)[1])
            progress("")
    return lives


def _last_first(inside: Inside) -> list[str]:
    """The order of starting, from its end: nodes with many links begin, for routing takes longest to settle, and hosts
    come last, when somebody can answer what they ask for."""
    links = {name: len(part["ports"]) for name, part in inside.parts.items()}
    return sorted(inside.parts, key=lambda name: links[name])
