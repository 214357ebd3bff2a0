"""Images that are not this project's: found unpacked in the store, or exported from a Docker daemon that has them.

Nothing is pulled. One directory an image, ``STORE/foreign/NAME`` with ``rootfs/`` and ``image.json`` in it (see
``folder`` for NAME): what was exported once is used without Docker afterwards, and one may also be put there by hand.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException, ImageNotFound

from harness.engine import docker_host, image
from harness.engine.base import Image
from harness.errors import LabFailed, MissingCapability, WrongInput

FOLDER = "foreign"
DOCKER_SECONDS = 120
ROOT_USERS = ("", "0", "root", "0:0", "root:root")


def provide(reference: str, store: Path = image.STORE) -> Image:
    """The unpacked image of that name: this project's own, one that lies in the store, or one that Docker has.

    Raises ``WrongInput`` with the key ``image`` where there is none, saying what can be done.
    """
    if image.is_own(reference):
        return image.find(reference, store)
    home = folder(reference, store)
    client = _docker()
    try:
        found = _in_docker(client, reference) if client else None
        if client and found and _written(home).get("id") != found.id:
            _export(client, found, reference, home, store)
    finally:
        if client:
            client.close()
    if (home / "rootfs").is_dir():
        return _read(home, reference)
    raise WrongInput(
        f"the image {reference} is not on this machine{' (and no Docker answers)' if client is None else ''}, "
        "and nothing is pulled",
        key="image",
        hint=f"let the lab's own image stand in for it (--image {image.own()[0]}), load it into Docker, "
        f"unpack it under {home}/rootfs, or use --engine containerlab",
    )


def folder(reference: str, store: Path = image.STORE) -> Path:
    """Where an image lies: an overlay's options take no colon in a path, so ``/`` is ``+`` and ``:`` is ``=``."""
    return store / FOLDER / reference.replace("/", "+").replace(":", "=")


def _docker() -> docker.DockerClient | None:
    try:
        return docker_host.connect(DOCKER_SECONDS)
    except MissingCapability:
        return None


def _in_docker(client: docker.DockerClient, reference: str) -> Any:
    try:
        return client.images.get(reference)
    except (ImageNotFound, APIError):
        return None


def _written(home: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((home / "image.json").read_text()))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise WrongInput(f"is not JSON: {error}", where=home / "image.json") from None


def _read(home: Path, reference: str) -> Image:
    """An image by hand need not have an ``image.json``: then it says no command."""
    said = _written(home)
    if (user := str(said.get("user") or "")) not in ROOT_USERS:
        raise WrongInput(
            f"the image {reference} runs as user {user}, and the embedded engine runs nodes as root",
            key="image",
            hint="use --engine containerlab",
        )
    return Image(
        root=home / "rootfs",
        entrypoint=tuple(said.get("entrypoint") or ()),
        env=dict(said.get("env") or {}),
        digest=str(said.get("id") or reference),
        cmd=tuple(said.get("cmd") or ()),
        directory=str(said.get("directory") or "/"),
    )


def _export(client: docker.DockerClient, found: Any, reference: str, home: Path, store: Path) -> None:
    """Unpack an image that Docker has. Whole or not at all: built under another name, then renamed."""
    with image.building(store, lambda line: None) as fresh:
        (fresh / "rootfs").mkdir()
        container = None
        try:
            container = client.containers.create(found.id, command=["true"])
            _unpack(container.export(), fresh / "rootfs")
        except (DockerException, OSError) as error:
            raise LabFailed(f"Docker could not export the image {reference}: {error}") from error
        finally:
            if container is not None:
                container.remove(force=True)
        (fresh / "image.json").write_text(json.dumps(described(found.id, found.attrs["Config"]), indent=1) + "\n")
        home.parent.mkdir(parents=True, exist_ok=True)
        image.remove(home)
        fresh.rename(home)


def described(identity: str, config: dict[str, Any]) -> dict[str, Any]:
    """What is kept of an image's configuration as Docker has it (``Config`` of ``docker inspect``)."""
    return {
        "id": identity,
        "entrypoint": config.get("Entrypoint") or [],
        "cmd": config.get("Cmd") or [],
        "env": dict(each.partition("=")[::2] for each in config.get("Env") or []),
        "directory": config.get("WorkingDir") or "/",
        "user": config.get("User") or "",
    }


def _unpack(stream: Any, target: Path) -> None:
    argv = ["tar", "--extract", "--numeric-owner", "--preserve-permissions", "--xattrs", "--xattrs-include=*"]
    with subprocess.Popen([*argv, "--directory", str(target)], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as tar:
        assert tar.stdin is not None
        assert tar.stderr is not None
        try:
            for piece in stream:
                tar.stdin.write(piece)
        except BrokenPipeError:
            pass  # tar says why
        tar.stdin.close()
        said = tar.stderr.read().decode(errors="replace")
    if tar.returncode:
        raise LabFailed(f"an image could not be unpacked: {said.strip()[-300:]}")
