"""Where Docker answers on this machine, and the client that talks to it."""

from __future__ import annotations

import os
from pathlib import Path

import docker
from docker.errors import DockerException

from harness.errors import MissingCapability

SOCKET = Path("/var/run/docker.sock")
"""Docker's own place: a client or a containerlab that is called by hand looks here too."""


def address() -> str:
    """The daemon's address: what ``DOCKER_HOST`` says, else the usual socket."""
    return os.environ.get("DOCKER_HOST") or f"unix://{SOCKET}"


def answers(timeout: int = 5) -> bool:
    """Whether a daemon is there."""
    try:
        client = docker.DockerClient(base_url=address(), timeout=timeout)
    except (DockerException, OSError):
        return False
    client.close()
    return True


def connect(timeout: int = 120) -> docker.DockerClient:
    """A client. Raises ``MissingCapability`` where no daemon answers."""
    try:
        return docker.DockerClient(base_url=address(), timeout=timeout)
    except (DockerException, OSError) as error:
        raise MissingCapability(
            "Docker",
            f"no daemon answers at {address()}, so there is no containerlab engine; make containerlab starts one",
        ) from error
