"""The virtual environment ``.venv``: the locked dependencies by hash, and this project in editable form."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from harness.setup.command import run
from harness.setup.progress import Steps

VENV = Path(".venv")
INPUTS = (Path("requirements.lock"), Path("pyproject.toml"))


def install(steps: Steps, venv: Path = VENV) -> None:
    """Make the environment agree with the lock; nothing is done where it does already.

    An installation that was cut off is begun again from an empty directory: pip takes a half-copied package for a
    whole one.
    """
    stamp, begun = venv / "v6lab.stamp", venv / "v6lab.begun"
    wanted = fingerprint(INPUTS)
    if stamp.exists() and stamp.read_text() == wanted and not begun.exists():
        return
    python = venv / "bin" / "python"
    if begun.exists() or not works(venv):
        outside = Path(sys.executable).resolve()  # we may run by a link in the very directory that is emptied now
        with steps.step("virtual environment") as phase:
            _empty(venv, begun)
            run([outside, "-m", "venv", venv], phase)
    begun.touch()
    stamp.unlink(missing_ok=True)
    pip: list[str | Path] = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    with steps.step("Python packages of requirements.lock") as phase:
        run([*pip, "--progress-bar", "off", "--require-hashes", "-r", "requirements.lock"], phase)
    with steps.step("this project, editable") as phase:
        run([*pip, "--no-deps", "--no-build-isolation", "--editable", "."], phase)
    stamp.write_text(wanted)
    begun.unlink()


def fingerprint(files: tuple[Path, ...]) -> str:
    """What the environment depends on: the lock, the project file and the Python that it is for."""
    digest = hashlib.sha256("{}.{}".format(*sys.version_info).encode())
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def works(venv: Path) -> bool:
    """Whether the environment can be used. One whose Python was removed cannot, nor one that was moved: its scripts name the old place."""
    python = venv / "bin" / "python"
    if not python.exists() or not (venv / "pyvenv.cfg").read_text().rstrip().endswith(f" {venv.resolve()}"):
        return False
    return subprocess.run([python, "-c", "import pip"], capture_output=True, check=False).returncode == 0


def _empty(venv: Path, mark: Path) -> None:
    """Empty the directory except for the mark that says so; ``venv --clear`` would take that first."""
    venv.mkdir(exist_ok=True)
    mark.touch()
    for entry in venv.iterdir():
        if entry == mark:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
