"""The containerlab command: the one on PATH as it is, else built from its Go module."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from harness.engine.clab_command import BUILT, MODULE, VERSION, find
from harness.errors import LabFailed, MissingCapability, WrongInput
from harness.setup import packages
from harness.setup.command import run
from harness.setup.progress import Steps

PATCHED = "utils/kernel_module.go"
BEFORE = """\tf, err := os.Open("/proc/modules")
\tif err != nil {
\t\treturn false, err
\t}
"""
AFTER = """\tf, err := os.Open("/proc/modules")
\tif os.IsNotExist(err) {
\t\treturn false, nil
\t}
\tif err != nil {
\t\treturn false, err
\t}
"""
"""A kernel without loadable modules has no such file: then nothing is loaded, which is an answer and not an error."""


def ensure(steps: Steps) -> Path:
    """The command's path. Raises ``MissingCapability`` where it can neither be found nor built."""
    if found := find():
        return found
    if os.geteuid() != 0:
        raise WrongInput(
            "there is no containerlab command", where="PATH", hint="install it, or as root: make containerlab"
        )
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".clab-", dir=BUILT.parent, ignore_cleanup_errors=True) as work:
        go = _go(steps)
        with steps.step(f"containerlab {VERSION}: source") as phase:
            source = _source(go, Path(work))
        _new_enough(go, source)
        with steps.step(f"containerlab {VERSION}: build") as phase:
            flags = f"-s -w -X {MODULE}/cmd.Version={VERSION.removeprefix('v')}"
            output = Path(work) / "containerlab"
            run([go, "build", "-trimpath", "-ldflags", flags, "-o", output, "."], phase, env=_environment(), cwd=source)
        output.rename(BUILT)
    return BUILT


def patch(text: str) -> str:
    """The source with the change; ``LabFailed`` where the place is not there exactly once."""
    if text.count(BEFORE) != 1:
        raise LabFailed(f"containerlab {VERSION}: {PATCHED} is not as expected, so it was not built")
    return text.replace(BEFORE, AFTER)


def required(go_mod: str) -> tuple[int, ...]:
    """The version of Go that a ``go.mod`` asks for."""
    found = re.search(r"^go (\d+)\.(\d+)", go_mod, re.MULTILINE)
    return (int(found[1]), int(found[2])) if found else (1, 0)


def _environment() -> dict[str, str]:
    """Go builds with itself and fetches no other Go."""
    return {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod"}


def _go(steps: Steps) -> str:
    """The Go command, from PATH or else Debian's."""
    if shutil.which("go") is None:
        packages.install(steps, only=("golang-go",))
    found = shutil.which("go")
    if found is None:
        raise MissingCapability("Go", _COST)
    return found


_COST = "the containerlab command cannot be built; put a containerlab on PATH, or do without the second engine"


def _new_enough(go: str, source: Path) -> None:
    wanted = required((source / "go.mod").read_text())
    said = subprocess.run(
        [go, "env", "GOVERSION"], capture_output=True, text=True, check=False, env={**os.environ, **_environment()}
    )
    have = re.search(r"(\d+)\.(\d+)", said.stdout)
    if have is None or (int(have[1]), int(have[2])) < wanted:
        here = said.stdout.strip() or "no version"
        raise MissingCapability(f"Go {'.'.join(map(str, wanted))} or newer (here: {here})", _COST)


def _source(go: str, work: Path) -> Path:
    """A changed copy of the module. ``go install`` can fail where a proxy gives no list of versions; this does not."""
    argv = [go, "mod", "download", "-json", f"{MODULE}@{VERSION}"]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, cwd=work, env={**os.environ, **_environment()}
    )
    try:
        told = json.loads(done.stdout)
        directory = Path(told["Dir"])
    except (ValueError, KeyError) as error:
        raise LabFailed(
            f"containerlab's module could not be fetched:\n  {(done.stderr or done.stdout).strip()}"
        ) from error
    copy = work / "source"
    shutil.copytree(directory, copy)
    for path in (copy, *copy.rglob("*")):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    file = copy / PATCHED
    file.write_text(patch(file.read_text()))
    return copy
