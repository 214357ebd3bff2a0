"""Unpacks a root directory of Debian packages with ``mmdebstrap``, from the mirror that this machine itself uses."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from harness.engine.base import Progress
from harness.engine.recipe import DPKG_OPTIONS, Recipe
from harness.errors import LabFailed, WrongInput

KEYRINGS = Path("/usr/share/keyrings")
_TARGET_FORMAT = "$(IDENTIFIER)|$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)"
_LINES_KEPT = 25


def unpack(recipe: Recipe, root: Path, progress: Progress) -> None:
    """Install the recipe's packages into the new directory ``root`` and run its ``customize`` there.

    Raises ``WrongInput`` where the machine's apt knows no Debian mirror or not the suite's key, ``LabFailed`` with
    the last lines of the log where packages could not be installed. No process is left behind, even when this one is
    killed: all of them live in a PID namespace that dies with it.
    """
    command = mmdebstrap(recipe, root, mirror(), keyring(recipe.suite), proxies())
    _run(
        ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", *command], progress
    )


def mmdebstrap(recipe: Recipe, root: Path, mirror: str, keyring: Path, proxies: Sequence[str]) -> list[str]:
    """The command line that builds the root directory."""
    argv = ["mmdebstrap", "--mode=root", "--variant=apt", "--format=directory"]
    argv += [f"--include={','.join(recipe.packages)}"]
    argv += [f"--dpkgopt={option}" for option in DPKG_OPTIONS]
    argv += [f"--aptopt={option}" for option in proxies]
    if proxies:
        argv += ['--customize-hook=rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap"']
    if recipe.customize.exists():
        argv += [f'--customize-hook=sh {shlex.quote(str(recipe.customize))} "$1"']
    return [*argv, recipe.suite, str(root), f"deb [signed-by={keyring}] {mirror} {recipe.suite} main"]


def mirror() -> str:
    """The Debian mirror of this machine's apt; its lists are fetched once if apt has none yet."""
    found = mirror_in(_output(["apt-get", "indextargets", "--format", _TARGET_FORMAT]))
    if found is None and os.geteuid() == 0:
        _output(["apt-get", "update"])
        found = mirror_in(_output(["apt-get", "indextargets", "--format", _TARGET_FORMAT]))
    if found is None:
        raise WrongInput("apt knows no Debian mirror", where="/etc/apt", hint="add one, run apt-get update, try again")
    return found


def mirror_in(targets: str) -> str | None:
    """The first Debian archive, not security, among the lines of ``apt-get indextargets``."""
    for line in targets.splitlines():
        kind, origin, label, component, uri = (line.split("|") + [""] * 5)[:5]
        if (kind, origin, label, component) == ("Packages", "Debian", "Debian", "main"):
            return uri
    return None


def keyring(suite: str, keyrings: Path = KEYRINGS) -> Path:
    """The keyring that the suite's archive is signed with; Debian 12 has Debian 13's since its second update."""
    whole = sorted(keyrings.glob("debian-archive-keyring.[gp]*"))
    if not whole or not list(keyrings.glob(f"debian-archive-{suite}-*")):
        raise WrongInput(
            f"this machine's debian-archive-keyring does not know {suite}",
            where=keyrings,
            hint="apt-get update && apt-get install debian-archive-keyring",
        )
    return whole[0]


def proxies() -> tuple[str, ...]:
    """This machine's apt settings for proxies, as apt writes them."""
    dump = _output(["apt-config", "dump", "Acquire"])
    return tuple(line for line in dump.splitlines() if "proxy" in line.lower().partition(" ")[0] and '""' not in line)


def _output(argv: Sequence[str]) -> str:
    try:
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError as error:
        raise WrongInput(
            f"{argv[0]} is not here", hint="the node image is built on Debian or a system like it"
        ) from error
    except subprocess.CalledProcessError as error:
        raise LabFailed(f"{' '.join(argv[:2])} failed:\n{error.stderr.strip()}") from error


def _run(argv: Sequence[str], progress: Progress) -> None:
    """Run to the end, passing the tool's own phases on; a session of its own, so that Ctrl-C reaches only us."""
    env = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    last: deque[str] = deque(maxlen=_LINES_KEPT)
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=env,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise WrongInput(f"{argv[0]} is not here", hint="make setup installs what is missing") from error
    try:
        assert process.stdout is not None
        for line in process.stdout:
            last.append(line.rstrip())
            if line.startswith("I: ") and line.rstrip().endswith("..."):
                progress(line[3:].strip().removesuffix("..."))
        code = process.wait()
    finally:
        _end(process)
    if code:
        raise LabFailed("mmdebstrap failed:\n  " + "\n  ".join(last))


def _end(process: subprocess.Popen[str]) -> None:
    """Kill the first process of the namespace, then wait for ``unshare``, which waits for all of them."""
    if process.poll() is None:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        inside = children.read_text().split() if children.exists() else []
        for pid in inside or [str(process.pid)]:
            os.kill(int(pid), signal.SIGKILL)
        process.wait()
    if process.stdout:
        process.stdout.close()
