"""``python -m harness.setup.containerlab [stop]``: the second engine — Docker, the command, the image in Docker."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.engine import clab_record, docker_host, docker_image, image, recipe
from harness.engine.containerlab import ContainerlabEngine
from harness.errors import HarnessError, WrongInput
from harness.lab.up import down
from harness.setup import clab_build, dockerd
from harness.setup.progress import Steps

NODE_IMAGE = recipe.RECIPES / "node"


def main(arguments: Sequence[str]) -> int:
    """Get the engine, or stop its daemon; returns the exit code."""
    steps = Steps(sys.stdout)
    try:
        if list(arguments) == ["stop"]:
            _stop(steps)
        elif arguments:
            raise WrongInput(f"unknown argument {arguments[0]!r}", hint="nothing, or stop")
        else:
            _get(steps)
    except HarnessError as error:
        steps.say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        steps.say("Interrupted; the same command goes on from here.")
        return 128 + signal.SIGINT
    return 0


def _stop(steps: Steps) -> None:
    """Stop our own daemon; first the labs that run on it, which nothing could take down without it."""
    if dockerd.own_pid() is not None and docker_host.answers():
        for name in clab_record.names():
            with steps.step(f"lab {name}: down"):
                down(ContainerlabEngine(image.find), name)
    dockerd.stop(steps)


def _get(steps: Steps) -> None:
    if os.geteuid() != 0:
        raise WrongInput("containerlab and its Docker need root", hint="as root: make containerlab")
    dockerd.ensure(steps)
    command: Path = clab_build.ensure(steps)
    made = recipe.load(NODE_IMAGE)
    with steps.step("image in Docker") as phase:
        docker_image.ensure_in_docker(docker_host.connect(), image.ensure(NODE_IMAGE, phase), made.reference, phase)
    steps.say(
        f"The containerlab engine is ready: {command}, Docker at {docker_host.address()}, image {made.reference}."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
