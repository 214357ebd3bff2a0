"""The containerlab command line: where it is, and how it is called."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from harness.errors import LabFailed, MissingCapability

MODULE = "github.com/srl-labs/containerlab"
VERSION = "v0.79.0"
BUILT = Path(f"/var/lib/v6lab/bin/{VERSION}/containerlab")

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
LINES_KEPT = 25


def find() -> Path | None:
    """The user's own command on PATH, else the one that ``make containerlab`` built."""
    if found := shutil.which("containerlab"):
        return Path(found)
    return BUILT if BUILT.exists() else None


def call(arguments: Sequence[str], environment: Mapping[str, str], where: Path, hear: Callable[[str], None]) -> None:
    """Run the command in directory ``where`` (it makes and removes files in its working directory); ``hear`` gets the
    errors that it only logs, such as a command of the topology that failed in a node.

    Raises ``MissingCapability`` where there is none, ``LabFailed`` with the end of its log. It dies with us: a
    deployment that went on after its caller was killed would leave what nobody knows of.
    """
    command = find()
    if command is None:
        raise MissingCapability("containerlab", "there is no second engine; make containerlab gets it")
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", str(command), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=where,
        env={**os.environ, **environment, "CLAB_VERSION_CHECK": "disable", "NO_COLOR": "1"},
        start_new_session=True,
    )
    last: deque[str] = deque(maxlen=LINES_KEPT)
    with process:
        try:
            assert process.stdout is not None
            for line in map(plain, process.stdout):
                last.append(line)
                if " ERRO " in line:
                    hear(f"containerlab: {line.partition(' ERRO ')[2]}")
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise LabFailed(f"containerlab {arguments[0]} failed:\n  " + "\n  ".join(filter(None, last)))


def plain(line: str) -> str:
    """A line of the log without colours."""
    return _COLOURS.sub("", line).rstrip()
