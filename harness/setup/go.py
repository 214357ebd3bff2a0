"""A Go that is new enough to build with: the one on PATH or Debian's, or one that such a Go fetches as a module.

Go's own distribution is a module, ``golang.org/toolchain``, whose checksum Go verifies like any other's. Debian's Go is
too old to build with, and new enough to fetch one that is not.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

from harness.errors import LabFailed, MissingCapability
from harness.setup import packages
from harness.setup.progress import Steps

TOOLCHAIN = "golang.org/toolchain"
PROGRAMS = ("bin/*", "pkg/tool/*/*")
"""What of a toolchain is executed; a module's files are not executable."""


def find(steps: Steps) -> str:
    """The Go command on PATH, else Debian's. Raises ``MissingCapability`` where there is none."""
    if shutil.which("go") is None:
        packages.install(steps, only=("golang-go",))
    found = shutil.which("go")
    if found is None:
        raise MissingCapability("Go", "the containerlab command cannot be built; put a containerlab on PATH")
    return found


def environment(work: Path) -> dict[str, str]:
    """Go uses itself and no other Go, and keeps in ``work`` whatever it keeps."""
    return {
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=mod -modcacherw",
        "GOPATH": str(work / "path"),
        "GOMODCACHE": str(work / "modules"),
        "GOCACHE": str(work / "cache"),
    }


def download(go: str, module: str, version: str, work: Path) -> Path:
    """The directory of a module. ``go install`` can fail where a proxy gives no list of versions; this does not."""
    argv = [go, "mod", "download", "-json", f"{module}@{version}"]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, cwd=work, env={**os.environ, **environment(work)}
    )
    try:
        return Path(json.loads(done.stdout)["Dir"])
    except (ValueError, KeyError) as error:
        said = (done.stderr or done.stdout).strip()
        raise LabFailed(f"{module} {version} could not be fetched:\n  {said}") from error


def new_enough(go: str, wanted: str, work: Path, steps: Steps) -> str:
    """``go`` itself if its version is ``wanted`` (``1.26.0``) or newer, else exactly that one, fetched into ``work``."""
    if number(_env(go, "GOVERSION", work)) >= number(wanted):
        return go
    with steps.step(f"Go {wanted}"):
        platform = f"{_env(go, 'GOOS', work)}-{_env(go, 'GOARCH', work)}"
        root = download(go, TOOLCHAIN, f"v0.0.1-go{wanted}.{platform}", work)
        for pattern in PROGRAMS:
            for program in root.glob(pattern):
                program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(root / "bin" / "go")


def required(go_mod: str) -> str:
    """The version of Go that a ``go.mod`` asks for."""
    found = re.search(r"^go (\d+\.\d+(?:\.\d+)?)", go_mod, re.MULTILINE)
    return found[1] if found else "1.0"


def number(version: str) -> tuple[int, ...]:
    """A version (``go1.26.8``, ``1.26``) to compare by; one that cannot be read is older than all."""
    return tuple(int(digits) for digits in re.findall(r"\d+", version.partition(" ")[0])[:3])


def _env(go: str, name: str, work: Path) -> str:
    done = subprocess.run(
        [go, "env", name], capture_output=True, text=True, check=False, env={**os.environ, **environment(work)}
    )
    return done.stdout.strip()
