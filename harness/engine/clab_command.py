"""The containerlab command line: where it is, and how it is called."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import LabFailed, MissingCapability

MODULE = "github.com/srl-labs/containerlab"
VERSION = "v0.79.0"
BUILT = Path(f"/var/lib/v6lab/bin/{VERSION}/containerlab")

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LINES_KEPT = 25


def find() -> Path | None:
    """The user's own command on PATH, else the one that ``make containerlab`` built."""
    if found := shutil.which("containerlab"):
        return Path(found)
    return BUILT if BUILT.exists() else None


def call(arguments: Sequence[str], environment: Mapping[str, str], where: Path) -> None:
    """Run the command in directory ``where`` (it makes and removes files in its working directory).

    Raises ``MissingCapability`` where there is none, ``LabFailed`` with the end of its log. It dies with us: a
    deployment that went on after its caller was killed would leave what nobody knows of.
    """
    command = find()
    if command is None:
        raise MissingCapability("containerlab", "there is no second engine; make containerlab gets it")
    argv = ["setpriv", "--pdeathsig", "KILL", str(command), *arguments]
    env = {**os.environ, **environment, "CLAB_VERSION_CHECK": "disable", "NO_COLOR": "1"}
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=where,
        env=env,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate()
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode:
        raise LabFailed(f"containerlab {arguments[0]} failed:\n  {tail(output)}")


def tail(output: str) -> str:
    """The last lines of a log, without colours."""
    lines = [line.rstrip() for line in _COLOURS.sub("", output).splitlines() if line.strip()]
    return "\n  ".join(lines[-_LINES_KEPT:])
