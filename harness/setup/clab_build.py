"""The containerlab command: the one on PATH as it is, else built from its Go module."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path

from harness.engine.clab_command import BUILT, MODULE, VERSION, find
from harness.errors import LabFailed, WrongInput
from harness.setup import go
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
        _build(Path(work), steps)
    return BUILT


def _build(work: Path, steps: Steps) -> None:
    command = go.find(steps)
    with steps.step(f"containerlab {VERSION}: source"):
        source = _source(command, work)
    command = go.new_enough(command, go.required((source / "go.mod").read_text()), work, steps)
    with steps.step(f"containerlab {VERSION}: build") as phase:
        flags = f"-s -w -X {MODULE}/cmd.Version={VERSION.removeprefix('v')}"
        output = work / "containerlab"
        argv: list[str | Path] = [command, "build", "-v", "-trimpath", "-ldflags", flags, "-o", output, "."]
        run(argv, phase, env={**go.environment(work), "GOROOT": ""}, cwd=source)
    output.rename(BUILT)


def patch(text: str) -> str:
    """The source with the change; ``LabFailed`` where the place is not there exactly once."""
    if text.count(BEFORE) != 1:
        raise LabFailed(f"containerlab {VERSION}: {PATCHED} is not as expected, so it was not built")
    return text.replace(BEFORE, AFTER)


def _source(command: str, work: Path) -> Path:
    """A changed copy of the module."""
    copy = work / "source"
    shutil.copytree(go.download(command, MODULE, VERSION, work), copy)
    for path in (copy, *copy.rglob("*")):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    file = copy / PATCHED
    file.write_text(patch(file.read_text()))
    return copy
