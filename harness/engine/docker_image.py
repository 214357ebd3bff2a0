"""The node image in Docker: the same root directory that the embedded engine uses, imported under its reference."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path

import docker
from docker.errors import APIError, ImageNotFound
from docker.models.images import Image as DockerImage

from harness.engine.base import Image, Progress
from harness.errors import LabFailed

DIGEST_LABEL = "v6lab-digest"


def ensure_in_docker(client: docker.DockerClient, image: Image, reference: str, progress: Progress) -> None:
    """Import ``image`` as ``reference`` where Docker has not exactly it; those that were replaced are removed."""
    old = _present(client, reference)
    if old and old.labels.get(DIGEST_LABEL) == image.digest:
        return
    progress(f"image {reference}: into Docker")
    name, _, tag = reference.partition(":")
    _import(client, image.root, name, tag or "latest", changes(image))
    for replaced in client.images.list(filters={"label": DIGEST_LABEL, "dangling": True}):
        with suppress(APIError):  # a lab that still runs from it keeps it; Docker refuses, and that is right
            client.images.remove(str(replaced.id))


def is_ours(client: docker.DockerClient, reference: str) -> bool:
    """Whether what Docker has under this reference came from this project."""
    image = _present(client, reference)
    return image is not None and DIGEST_LABEL in image.labels


def changes(image: Image) -> list[str]:
    """What turns a bare file system into the image, in the words of a Dockerfile."""
    env = [f"ENV {name}={json.dumps(value)}" for name, value in image.env.items()]
    env += [f"CMD {json.dumps(list(image.cmd))}"] if image.cmd else []
    env += [f"WORKDIR {image.directory}"] if image.directory != "/" else []
    return [f"ENTRYPOINT {json.dumps(list(image.entrypoint))}", f"LABEL {DIGEST_LABEL}={image.digest}", *env]


def _present(client: docker.DockerClient, reference: str) -> DockerImage | None:
    try:
        return client.images.get(reference)
    except ImageNotFound:
        return None


def _import(client: docker.DockerClient, root: Path, name: str, tag: str, dockerfile: list[str]) -> None:
    """Stream the directory to the daemon; file capabilities (of ``ping``) are extended attributes and go along."""
    argv = ["tar", "--create", "--numeric-owner", "--xattrs", "--xattrs-include=security.capability", "--directory"]
    with subprocess.Popen([*argv, str(root), "."], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tar:
        try:
            answer = client.api.import_image(
                src=tar.stdout, repository=name, tag=tag, changes=dockerfile, stream_src=True
            )
        finally:
            tar.terminate()
    if "error" in answer:
        raise LabFailed(f"Docker could not import the node image: {answer.strip().splitlines()[-1]}")
