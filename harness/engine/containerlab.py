"""The containerlab engine: the command line deploys, stops and starts; Docker answers and does everything else."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import docker
from docker.errors import APIError
from docker.models.containers import Container

from harness.engine import clab_command, clab_record, clab_remains, docker_exec, docker_image, docker_node, place
from harness.engine.base import Completed, Image, Progress, StopHow
from harness.engine.docker_host import connect
from harness.engine.docker_node import LAB_LABEL, NODE_LABEL
from harness.errors import CannotMeasure, LabFailed, WrongInput
from harness.node import Node
from harness.topology.model import Topology
from harness.wait import Condition, Deadline, until

DESTROY_SECONDS = 90.0
REMOVERS = 8
"""Docker removes containers side by side: mostly it waits for the kernel to take a network namespace apart."""

SETTLE_SECONDS = 1.0
"""Longer than Docker takes to make a container that it was asked for (0.1 s, more on a busy machine)."""

LIVED_SECONDS = 1.0
"""A node that cannot do its work ends well within this after its start."""

STOP_SECONDS = 1
"""What a node that is killed gets to end by itself: containerlab parks its links, then stops it politely."""

SHELL = "command -v bash >/dev/null 2>&1 && exec bash; exec sh"


class ContainerlabEngine:
    """``harness.engine.base.Engine`` by containerlab on Docker.

    ``images`` gives the unpacked image of a reference, to be imported where Docker does not have it, or raises
    ``WrongInput`` for one that is not this project's: that is then Docker's own business.
    """

    name = "containerlab"

    def __init__(self, images: Callable[[str], Image]) -> None:
        self._images = images
        self._client: docker.DockerClient | None = None

    def deploy(self, lab: str, topology: Topology, progress: Progress) -> None:
        """See ``Engine.deploy``. containerlab would *change* a lab whose name is in use, so that is refused first."""
        _require_root()
        if containers := self._containers(lab):
            file = containers[0].labels.get("clab-topo-file", "a file that is not known")
            raise WrongInput(
                f"lab {lab} is already up",
                where=file,
                hint="take it down first (v6lab down), or give this one another name",
            )
        clab_remains.clear(lab, ())
        self._provide_images(topology, progress)
        try:
            clab_record.write(lab, topology)
            progress(f"containerlab: starting {len(topology.nodes)} nodes, wiring {len(topology.links)} links")
            _call(lab, "deploy", hear=progress)
            until([self._lived(lab)], Deadline.after(2 * LIVED_SECONDS), workers=1)
            containers = self._containers(lab)
            docker_node.require_alive(containers, topology.nodes)
            for container in containers:
                docker_node.blank_resolver(container)
            clab_record.complete(lab)
        except LabFailed as error:
            died = docker_node.death_notes(self._containers(lab))
            self.destroy(lab)
            raise LabFailed(f"lab {lab} did not come up\n{died or error}") from error
        except BaseException:
            self.destroy(lab)
            raise

    def destroy(self, lab: str) -> None:
        """See ``Engine.destroy``. By Docker: containerlab's own command destroys the lab that is called like the
        file, whatever name it is given."""
        _require_root()
        names = {str(container.name) for container in self._containers(lab)}
        outcome = until([self._gone(lab, names)], Deadline.after(DESTROY_SECONDS), workers=1)
        clab_remains.clear(lab, sorted(names))
        for _, why in outcome.pending:
            raise LabFailed(f"lab {lab} cannot be destroyed: {why}")

    def nodes(self, lab: str) -> Mapping[str, Node]:
        """See ``Engine.nodes``."""
        containers = self._containers(lab)
        if not containers:
            raise LabFailed(f"no lab {lab} is up")
        return {node.name: node for node in sorted(map(docker_node.as_node, containers), key=lambda node: node.name)}

    def exec(self, lab: str, node: str, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0) -> Completed:
        """See ``Engine.exec``."""
        container = self._container(lab, node)
        if container.status != "running":
            raise CannotMeasure(f"node {node} is {docker_node.state(container)}: {argv[0]} cannot be run in it")
        return docker_exec.run(self._docker, str(container.id), node, argv, stdin, timeout)

    def push(self, lab: str, node: str, files: Mapping[str, bytes | None]) -> None:
        """See ``Engine.push``."""
        for path in files:
            if not path.startswith("/"):
                raise WrongInput(f"{path!r} is not an absolute path in node {node}")
        place.into(docker_node.live_pid(self._container(lab, node)), files)

    def stop(self, lab: str, node: str, how: StopHow = "kill") -> None:
        """See ``Engine.stop``. A frozen node is let go before it is killed: it could not end else."""
        container = self._container(lab, node)
        if how == "freeze":
            if container.status == "paused":
                return
            docker_node.live_pid(container)
            container.pause()
            return
        if container.status == "paused":
            container.unpause()
        _call(lab, "stop", "--node", node, "--timeout", f"{STOP_SECONDS}s")

    def start(self, lab: str, node: str) -> None:
        """See ``Engine.start``."""
        container = self._container(lab, node)
        if container.status == "paused":
            container.unpause()
        elif container.status != "running":
            parked = clab_remains.parking(str(container.name)).exists()
            _call(lab, "start", "--node", node)
            if not parked:
                self._wire_anew(lab, node)
            docker_node.blank_resolver(self._container(lab, node))

    def leftovers(self, lab: str) -> tuple[str, ...]:
        """See ``Engine.leftovers``."""
        names = [str(container.name) for container in self._containers(lab)]
        return (*(f"container {name}" for name in names), *clab_remains.remains(lab, names))

    def log(self, lab: str, node: str) -> str:
        """What the node's first process has written. Raises ``LabFailed`` if there is no such lab or node."""
        return docker_node.log(self._container(lab, node))

    def shell_argv(self, lab: str, node: str) -> list[str]:
        """A command that gives a shell in the node on the terminal it is run on."""
        pid = str(docker_node.live_pid(self._container(lab, node)))
        return ["nsenter", "--target", pid, "--all", "--wdns=/", "--", "/bin/sh", "-c", SHELL]

    @property
    def _docker(self) -> docker.DockerClient:
        if self._client is None:
            self._client = connect()
        return self._client

    def _containers(self, lab: str, *labels: str) -> list[Container]:
        """The containers of a lab (that also have ``labels``), with those that do not run."""
        wanted: dict[str, str | list[str] | bool] = {"label": [f"{LAB_LABEL}={lab}", *labels]}
        found: list[Container] = self._docker.containers.list(all=True, filters=wanted, ignore_removed=True)
        return found

    def _container(self, lab: str, node: str) -> Container:
        if found := self._containers(lab, f"{NODE_LABEL}={node}"):
            return found[0]
        if names := sorted(self.nodes(lab)):
            raise LabFailed(f"lab {lab} has no node {node!r}; it has {', '.join(names)}")
        raise LabFailed(f"no lab {lab} is up")

    def _lived(self, lab: str) -> Condition:
        """That the node started last has had time to die at start, or that some node has died."""
        began = time.monotonic()

        def unmet() -> str | None:
            died = docker_node.death_notes(self._containers(lab))
            return None if died or time.monotonic() - began >= LIVED_SECONDS else "just started"

        return Condition("nodes have outlived their start", unmet)

    def _gone(self, lab: str, names: set[str]) -> Condition:
        """Remove what Docker still has until it has nothing; ``names`` gets what it had. Of a deployment that was cut
        off Docker may be making a container that it does not list yet: then nothing must have come for a while."""
        hold = SETTLE_SECONDS if clab_record.cut_off(lab) else 0.0
        seen = time.monotonic()

        def unmet() -> str | None:
            nonlocal seen
            left = self._containers(lab)
            names.update(str(container.name) for container in left)
            with ThreadPoolExecutor(REMOVERS) as pool:
                list(pool.map(_remove, left))
            if left:
                seen = time.monotonic()
                return f"Docker keeps {', '.join(sorted(str(one.name) for one in left))}"
            return None if time.monotonic() - seen >= hold else "Docker may still be making a container"

        return Condition("Docker has no container of the lab", unmet)

    def _wire_anew(self, lab: str, node: str) -> None:
        """A node that ended by itself took its veths along, and the ends of its neighbours. containerlab's deploy makes
        what a running lab lacks; the commands of the file then give the new ends what they had."""
        record = clab_record.read(lab)
        if not record.neighbours[node]:
            return
        if clab_record.digest(Path(record.file)) != record.digest:
            raise LabFailed(
                f"node {node} cannot be wired again: {record.file} has changed since the lab was brought up"
            )
        _call(lab, "deploy")
        for name in (node, *record.neighbours[node]):
            for command in record.exec[name]:
                with suppress(CannotMeasure):  # a neighbour that does not run is wired when it starts
                    self.exec(lab, name, shlex.split(command))

    def _provide_images(self, topology: Topology, progress: Progress) -> None:
        for reference in sorted({spec.image for spec in topology.nodes.values()}):
            try:
                image = self._images(reference)
            except WrongInput:
                if docker_image.is_ours(self._docker, reference):  # it was once: Docker's copy is out of date
                    raise
                continue
            docker_image.ensure_in_docker(self._docker, image, reference, progress)


def _remove(container: Container) -> None:
    with suppress(APIError):  # Docker is starting or removing it: the next look sees
        container.remove(force=True, v=True)


def _require_root() -> None:
    if os.geteuid() != 0:
        raise WrongInput(
            "containerlab makes namespaces and links: this needs root", hint="run it with sudo, or as root"
        )


def _call(lab: str, command: str, *arguments: str, hear: Progress = lambda line: None) -> None:
    record, directory = clab_record.read(lab), clab_record.directory(lab)
    environment = {**record.environment, "CLAB_LABDIR_BASE": str(directory)}
    clab_command.call([command, "--name", lab, "--topo", record.file, *arguments], environment, directory, hear)
