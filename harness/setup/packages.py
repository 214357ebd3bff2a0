"""Debian packages of the host: which are missing, and their installation."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness.engine.recipe import package_list
from harness.errors import WrongInput
from harness.setup.command import run
from harness.setup.progress import Steps

LIST = Path("images/host/packages.txt")


def install(steps: Steps, listed: Path = LIST, only: Sequence[str] | None = None) -> None:
    """Install what is missing of the list (or of ``only``), and nothing else.

    Raises ``WrongInput`` where something is missing and this is not root, or not Debian.
    """
    missing = missing_of(package_list(listed) if only is None else only)
    if not missing:
        return
    command = f"apt-get install --no-install-recommends {' '.join(missing)}"
    if not shutil.which("apt-get"):
        raise WrongInput(f"missing: {', '.join(missing)}", where=listed, hint="install them; there is no apt-get here")
    if os.geteuid() != 0:
        raise WrongInput(f"missing: {', '.join(missing)}", where=listed, hint=f"as root: make setup, or {command}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    with steps.step("package lists") as phase:
        run(["apt-get", "update", "-q"], phase, env=quiet)
    with steps.step(f"Debian packages: {' '.join(missing)}") as phase:
        # An installation that was cut off leaves packages unpacked and not configured.
        run(["dpkg", "--configure", "-a"], phase, env=quiet)
        run(["apt-get", "install", "-q", "-y", "--no-install-recommends", *missing], phase, env=quiet)


def missing_of(names: Sequence[str]) -> tuple[str, ...]:
    """Those of ``names`` that dpkg does not have installed; ``python3-venv`` only where this Python needs it."""
    wanted = [name for name in names if name != "python3-venv" or importlib.util.find_spec("ensurepip") is None]
    if not wanted:
        return ()
    if not shutil.which("dpkg-query"):
        return tuple(wanted)
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Abbrev} ${Package}\n", *wanted]
    answer = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    present = installed_in(answer)
    return tuple(name for name in wanted if name not in present)


def installed_in(answer: str) -> frozenset[str]:
    """The installed packages in dpkg-query's answer (``ii  name`` a line)."""
    words = [line.split() for line in answer.splitlines()]
    return frozenset(line[1] for line in words if len(line) == 2 and line[0].startswith("ii"))
