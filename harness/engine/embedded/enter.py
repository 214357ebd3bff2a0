"""Going into a node: its namespaces and its root, with no more capabilities than it has itself.

As a program (``python -m harness.engine.embedded.enter JSON``) it gives an interactive command in a node.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from harness.engine.embedded import cgroups
from harness.engine.embedded.syscalls import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUTS,
    limit_capabilities,
    setns,
)

ALL_BUT_PID = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC
NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""What a shell says of a command that does not exist, or cannot be executed (POSIX, Shell Command Language 2.8.2)."""


def namespaces(pid: int, which: int = ALL_BUT_PID) -> None:
    """Enter namespaces of a process; with its mount namespace comes its root."""
    fd = os.pidfd_open(pid)
    try:
        setns(fd, which)
    finally:
        os.close(fd)
    os.chdir("/")


def fork_into(pid: int) -> int:
    """Fork a child that is in all namespaces of a process; gives what ``fork`` gives.

    One fork does: a PID namespace is entered for the children of who enters it, and can be left again for the next.
    """
    target, own = os.pidfd_open(pid), os.pidfd_open(os.getpid())
    try:
        setns(target, CLONE_NEWPID)
        try:
            child = os.fork()
        except OSError:
            setns(own, CLONE_NEWPID)
            raise
        if child:
            setns(own, CLONE_NEWPID)
        else:
            _follow(target)
        return child
    finally:
        os.close(target)
        os.close(own)


def _follow(target: int) -> None:
    try:
        setns(target, ALL_BUT_PID)
        os.chdir("/")
    except OSError as error:  # the process has just ended: whoever waits for this child will find its node stopped
        _end(f"cannot enter: {error.strerror}", NOT_EXECUTABLE)


def execute(argv: Sequence[str], env: Mapping[str, str], capabilities: int) -> NoReturn:
    """Become a command. Never returns: what cannot be executed ends with a shell's code and message."""
    for number in (signal.SIGPIPE, signal.SIGCHLD, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    os.umask(0o022)
    try:
        limit_capabilities(capabilities)
        os.execvpe(argv[0], list(argv), dict(env))
    except (FileNotFoundError, NotADirectoryError):
        _end(f"{argv[0]}: not found", NOT_FOUND)
    except OSError as error:
        _end(f"{argv[0]}: {error.strerror}", NOT_EXECUTABLE)
    except BaseException as error:  # whatever it is, this process must not go on as a copy of its parent
        _end(f"{error}", NOT_EXECUTABLE)


def _end(message: str, code: int) -> NoReturn:
    os.write(2, f"{message}\n".encode())
    os._exit(code)


def main(request: str) -> int:
    """Run a command in a node on this terminal; gives its code. It lives in the node's control groups, as all there."""
    wanted = json.loads(request)
    for point in cgroups.device_and_freezer(wanted["lab"]):
        cgroups.join(Path(point) / wanted["node"], os.getpid())
    child = fork_into(wanted["pid"])
    if child == 0:
        execute(wanted["argv"], wanted["env"], wanted["capabilities"])
    for number in (signal.SIGINT, signal.SIGQUIT):  # they are meant for the command
        signal.signal(number, signal.SIG_IGN)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
