"""What this machine has and lacks, and what a lack costs. Nothing is changed, nothing printed: data out."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.engine import clab_command, docker_host, image, kernel, recipe
from harness.errors import HarnessError, MissingCapability

CORES, MEMORY_BYTES, DISK_BYTES = 2, 4 * 10**9, 3 * 10**9
"""What the pilot estate takes (45 nodes of about 50 MiB), and what an image takes while it is built."""

VERSION_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Capability:
    """Something that this machine has or lacks. ``detail`` is the version, the amount or the reason; ``cost`` says what
    cannot be done without it and is empty where it is present."""

    name: str
    present: bool
    detail: str
    cost: str = ""


def examine() -> tuple[Capability, ...]:
    """Everything that a lab may need, the most needed first. Takes about half a second."""
    return (
        *(look() for look in (_root, _python, _cores, _memory, _disk, _cgroups, _overlay)),
        _program("runc", ("runc", "--version"), "no embedded engine; make setup installs it"),
        _program("nft", ("nft", "--version"), "no firewall can be tested or changed; make setup installs it"),
        _program("mmdebstrap", ("mmdebstrap", "--version"), "the node image cannot be built; make setup installs it"),
        _program("Graphviz", ("dot", "-V"), "the network is drawn as Mermaid only; make setup installs it"),
        _node_image(),
        _docker(),
        _containerlab(),
        *(_feature(name, why) for name, why in kernel.missing_of(tuple(kernel.FEATURES)).items()),
    )


def require(feature: str) -> None:
    """Raise ``MissingCapability`` where the kernel lacks one of ``kernel.FEATURES``: the one reason to skip a check."""
    if (why := kernel.missing(feature)) is not None:
        raise MissingCapability(feature, f"{kernel.FEATURES[feature].cost} ({why})")


def cgroup_version(mounts: str) -> str:
    """The layout of control groups in the words of ``/proc/mounts``: v2, hybrid, v1 or none."""
    kinds = {fields[2] for line in mounts.splitlines() if len(fields := line.split()) > 2}
    if "cgroup" in kinds:
        return "hybrid" if "cgroup2" in kinds else "v1"
    return "v2" if "cgroup2" in kinds else "none"


def memory_available(meminfo: str) -> int:
    """Bytes that could be had now, in the words of ``/proc/meminfo``."""
    for line in meminfo.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def _made(name: str, present: bool, detail: str, cost: str) -> Capability:
    return Capability(name, present, detail, "" if present else cost)


def _root() -> Capability:
    is_root = os.geteuid() == 0
    return _made("root", is_root, f"user {os.geteuid()}", "no lab can be brought up; unit tests and make check work")


def _python() -> Capability:
    return Capability("Python", True, platform.python_version())


def _cores() -> Capability:
    count = len(os.sched_getaffinity(0))
    return _made(
        "cores", count >= CORES, str(count), f"with less than {CORES} a lab converges late and timings are not fair"
    )


def _memory() -> Capability:
    free = memory_available(Path("/proc/meminfo").read_text())
    cost = f"the pilot estate needs about {MEMORY_BYTES / 1e9:.0f} GB"
    return _made("memory", free >= MEMORY_BYTES, f"{free / 1e9:.1f} GB available", cost)


def _disk() -> Capability:
    place = next(path for path in (image.STORE, *image.STORE.parents) if path.exists())
    free = shutil.disk_usage(place).free
    cost = f"the node image needs {DISK_BYTES / 1e9:.0f} GB while it is built"
    return _made("disk", free >= DISK_BYTES, f"{free / 1e9:.1f} GB free at {place}", cost)


def _cgroups() -> Capability:
    version = cgroup_version(Path("/proc/mounts").read_text())
    return _made("control groups", version != "none", version, "neither runc nor Docker can start a node")


def _overlay() -> Capability:
    known = "overlay" in Path("/proc/filesystems").read_text().split()
    loadable = Path("/proc/modules").exists()
    detail = "overlay" if known else "not loaded yet" if loadable else "not in this kernel"
    return _made("overlay file system", known or loadable, detail, "nodes cannot share an image")


def _program(name: str, argv: tuple[str, ...], cost: str) -> Capability:
    if shutil.which(argv[0]) is None:
        return Capability(name, False, "not found", cost)
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=VERSION_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Capability(name, False, str(error), cost)
    said = (done.stdout or done.stderr).strip().splitlines()
    return _made(name, done.returncode == 0, said[0] if said else f"code {done.returncode}", cost)


def _told(name: str, cost: str, ask: Callable[[], str]) -> Capability:
    """A capability whose absence is an error that somebody else already words."""
    try:
        return Capability(name, True, ask())
    except HarnessError as error:
        return Capability(name, False, str(error).splitlines()[0], cost)


def _node_image() -> Capability:
    def ask() -> str:
        made = recipe.load(recipe.RECIPES / "node")
        return f"{made.reference} {image.find(made.reference).digest}"

    return _told("node image", "no lab of the province's topologies; make setup builds it", ask)


def _docker() -> Capability:
    def ask() -> str:
        client = docker_host.connect(timeout=5)
        version = str(client.version()["Version"])
        client.close()
        return f"{version} at {docker_host.address()}"

    return _told("Docker", "no containerlab engine; make containerlab gets it, the embedded engine needs none", ask)


def _containerlab() -> Capability:
    command = clab_command.find()
    cost = "no containerlab engine; make containerlab gets it, the embedded engine needs none"
    return _made("containerlab", command is not None, str(command or "not found"), cost)


def _feature(name: str, why: str | None) -> Capability:
    return _made(name, why is None, why or "works", kernel.FEATURES[name].cost)
