"""The process that is a lab: first of its PID namespace, alone in its mount and network namespace at first.

``launch`` starts it from the caller's side; run as a program, this module becomes it. When it dies, the kernel ends
every process, mount, interface and namespace of the lab.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.engine.embedded import agent, answer
from harness.engine.embedded import build as construction
from harness.engine.embedded.blueprint import Blueprint
from harness.engine.embedded.inside import Inside
from harness.engine.embedded.reap import MARK
from harness.engine.embedded.state import LabState
from harness.engine.embedded.syscalls import CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, unshare
from harness.errors import LabFailed, MissingCapability

PYTHON_PATH = Path(__file__).parents[3]
SILENCE_SECONDS = 120.0
"""A holder that says nothing for so long while it builds is taken for stuck."""

BACKLOG = 256


def launch(state: LabState, plan: Blueprint, lock: int, progress: Callable[[str], None]) -> int:
    """Start a holder and let it build; gives its pid on this host. It inherits ``lock`` and keeps it while it lives.

    Raises what the building raised, or ``LabFailed`` if the holder ends or says nothing more. The holder ends by
    itself when this process does before it has built.
    """
    state.inside.mkdir(exist_ok=True)
    hear, say = os.pipe()
    with os.fdopen(hear, "rb") as reports:
        with state.log.open("ab") as log:
            try:
                starter = subprocess.Popen(
                    [sys.executable, "-ESs", "-m", __name__, str(state.directory), str(lock), str(say)],
                    cwd=PYTHON_PATH,
                    env={"PATH": os.environ.get("PATH", os.defpath), MARK: state.lab},
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    pass_fds=(lock, say),
                    start_new_session=True,
                )
            finally:
                os.close(say)
        with starter:
            assert starter.stdin is not None
            with suppress(BrokenPipeError), starter.stdin as pipe:
                pipe.write(json.dumps(plan).encode())
            return _listen(reports.fileno(), state, progress)


def _listen(fd: int, state: LabState, progress: Callable[[str], None]) -> int:
    """Read one JSON line a report until the lab stands or not."""
    rest = b""
    while True:
        if not select.select([fd], [], [], SILENCE_SECONDS)[0]:
            raise LabFailed(f"the holder of lab {state.lab} is stuck: nothing for {SILENCE_SECONDS:.0f} s")
        got = os.read(fd, 65536)
        if not got:
            raise LabFailed(
                f"the holder of lab {state.lab} has ended:\n{state.log.read_text(errors='replace')[-2000:]}"
            )
        *lines, rest = (rest + got).split(b"\n")
        for line in lines:
            report: dict[str, Any] = json.loads(line)
            if "error" in report:
                raise answer.from_plain(report)
            if "holder" in report:
                return int(report["holder"])
            if report["phase"]:
                progress(report["phase"])


class _Reports:
    """The way back to the caller. Where nobody reads any more, saying something raises ``BrokenPipeError``."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def say(self, **report: Any) -> None:
        os.write(self._fd, json.dumps(report).encode() + b"\n")

    def phase(self, text: str) -> None:
        self.say(phase=text)

    def close(self) -> None:
        os.close(self._fd)


def main(directory: str, lock: str, say: str) -> None:
    """Become a lab's holder: the blueprint comes on standard input."""
    for fd in (int(lock), int(say)):
        os.set_inheritable(fd, False)
    plan: Blueprint = json.load(sys.stdin)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    reports = _Reports(int(say))
    try:
        unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET)
    except OSError as error:
        why = f"a lab lives in a PID, mount and network namespace of its own: {error.strerror}"
        reports.say(**answer.to_plain(MissingCapability("the right to make namespaces", why)))
        os._exit(1)
    if os.fork():  # only children are in the new PID namespace: the first of them is the holder
        os._exit(0)
    try:
        inside, listening, own = _build(plan, Path(directory), reports)
        reports.say(holder=own)
    except BrokenPipeError:
        os._exit(1)
    except Exception as error:  # told to the caller, who says it to the user
        reports.say(**answer.to_plain(error, Path(directory)))
        os._exit(1)
    reports.close()
    agent.Agent(inside, listening).serve()


def _build(plan: Blueprint, directory: Path, reports: _Reports) -> tuple[Inside, socket.socket, int]:
    own = int(Path("/proc/self").readlink().name)  # the host's /proc still: its number there
    inside = Inside.of(plan)
    construction.mounts(inside)
    construction.build(inside, reports.phase)
    os.chdir(directory)  # a socket's address has room for 107 bytes only
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind("agent.sock")
    listening.listen(BACKLOG)
    os.chdir("/")
    return inside, listening, own


if __name__ == "__main__":
    main(*sys.argv[1:])
