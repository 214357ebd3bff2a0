"""``python -m harness.setup [packages] [venv] [image]``: do what is missing. Exit codes as everywhere (0, 2, 3)."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.engine import image
from harness.errors import EXIT_WRONG_INPUT, HarnessError, WrongInput
from harness.setup import packages, venv
from harness.setup.progress import Steps

NODE_IMAGE = Path("images/node")
PARTS = ("packages", "venv", "image")


def main(arguments: Sequence[str]) -> int:
    """Do the named parts of the set-up, or all; returns the exit code."""
    steps = Steps(sys.stdout)
    try:
        _do(arguments or PARTS, steps)
    except HarnessError as error:
        steps.say(str(error))
        return error.exit_code
    except OSError as error:
        steps.say(f"{error.filename or 'set-up'}: {error.strerror}")
        return EXIT_WRONG_INPUT
    except KeyboardInterrupt:
        steps.say("Interrupted; the same command goes on from here.")
        return 128 + signal.SIGINT
    return 0


def _do(parts: Sequence[str], steps: Steps) -> None:
    os.chdir(Path(__file__).resolve().parents[2])
    if unknown := [part for part in parts if part not in PARTS]:
        raise WrongInput(f"unknown part {unknown[0]!r}", hint=f"one of {', '.join(PARTS)}")
    if "packages" in parts:
        packages.install(steps)
    elif "venv" in parts:
        packages.install(steps, only=("python3-venv",))
    if "venv" in parts:
        venv.install(steps)
    if "image" in parts:
        build_image(steps)


def build_image(steps: Steps) -> None:
    """Build the node image where it is missing, shown as one step."""
    if image.is_built(NODE_IMAGE):
        return
    with steps.step("node image") as phase:
        image.ensure(NODE_IMAGE, phase)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
