"""The OCI runtime configuration of a node, made to equal what Docker would give the same container. Pure.

https://github.com/opencontainers/runtime-spec/blob/v1.0.2/config.md
"""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.engine.base import Image
from harness.engine.embedded import capability, cgroups
from harness.errors import WrongInput
from harness.topology.model import Bind, NodeSpec

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

MASKED = (
    *(f"/proc/{name}" for name in ("asound", "acpi", "kcore", "keys", "latency_stats", "timer_list", "timer_stats")),
    *("/proc/sched_debug", "/proc/scsi", "/sys/firmware"),
)
READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sysrq-trigger")
SETTINGS = ("/proc/sys",)
ALL_BUT_NETWORK = tuple(
    f"/proc/sys/{name}"
    for name in ("abi", "crypto", "debug", "dev", "fs", "fscache", "kernel", "sunrpc", "user", "vm", "xen")
)
"""The settings of the whole machine; those under net are the node's own."""

DOCKER_SYSCTLS = {"net.ipv4.ping_group_range": "0 2147483647", "net.ipv4.ip_unprivileged_port_start": "0"}
"""What Docker sets in a container with a network namespace of its own."""

CONTAINERLAB_SYSCTLS = {"net.ipv6.conf.all.disable_ipv6": "0"}
"""What containerlab adds for a node of kind linux."""

PRIVATE_FILES = ("hosts", "hostname", "resolv.conf")
"""Files of /etc that each node has for itself, as mount points that can be written in place."""

HOSTS = """127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
"""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a node's parts lie for the one who runs it: its root, its private /etc files, its network namespace."""

    root: Path
    etc: Path
    netns: Path


@dataclass(frozen=True, slots=True)
class Device:
    """A device file of the host that a node sees under ``path`` with ``access`` (letters of ``rwm``)."""

    path: str
    access: str
    mode: int
    major: int
    minor: int

    @property
    def kind(self) -> str:
        """``c`` or ``b``."""
        return "b" if stat.S_ISBLK(self.mode) else "c"


def command(spec: NodeSpec, image: Image) -> list[str]:
    """What the node's first process executes: an entrypoint or command of the topology goes before the image's, and
    an entrypoint also takes the image's command away, as Docker does it."""
    entrypoint = image.entrypoint if spec.entrypoint is None else spec.entrypoint
    cmd = image.cmd if spec.entrypoint is None and spec.cmd is None else spec.cmd or ()
    argv = [*entrypoint, *cmd]
    if not argv:
        raise WrongInput(
            f"image {spec.image} says no command and the node gives none",
            key=f"topology.nodes.{spec.name}",
            hint="give it a cmd or an entrypoint",
        )
    return argv


def environment(spec: NodeSpec, image: Image, links: int) -> list[str]:
    """The node's environment: defaults, then the image's, then the topology's."""
    merged = {"PATH": PATH, "HOSTNAME": spec.hostname or spec.name, "HOME": "/root"}
    merged.update(image.env)
    merged.update(spec.env)
    merged["CLAB_INTFS"] = str(links)
    return [f"{name}={value}" for name, value in merged.items()]


def private_files(spec: NodeSpec) -> dict[str, str]:
    """First contents of ``PRIVATE_FILES``. No resolver: the host's must not leak in."""
    return {"hosts": HOSTS, "hostname": f"{spec.hostname or spec.name}\n", "resolv.conf": ""}


def network_sysctls(spec: NodeSpec) -> dict[str, str]:
    """The sysctls of the node's network namespace, to be set before its links exist: they inherit ``default``."""
    merged = DOCKER_SYSCTLS | CONTAINERLAB_SYSCTLS | dict(spec.sysctls)
    return {name: value for name, value in merged.items() if name.startswith("net.")}


def config(
    lab: str, spec: NodeSpec, image: Image, places: Places, devices: Sequence[Device], links: int
) -> dict[str, Any]:
    """The content of the node's config.json. ``links`` is how many interfaces it has besides lo."""
    return {
        "ociVersion": "1.0.2",
        "hostname": spec.hostname or spec.name,
        "root": {"path": str(places.root), "readonly": False},
        "process": _process(spec, image, links),
        "mounts": [*_system_mounts(), *_private_mounts(places.etc), *map(_bind_mount, spec.binds)],
        "linux": {
            "cgroupsPath": cgroups.path(lab, spec.name),
            "namespaces": [
                *({"type": kind} for kind in ("pid", "ipc", "uts", "mount")),
                {"type": "network", "path": str(places.netns)},
            ],
            "sysctl": {name: value for name, value in spec.sysctls.items() if not name.startswith("net.")},
            "devices": [_device(device) for device in devices],
            "resources": {"devices": [{"allow": False, "access": "rwm"}, *map(_device_rule, devices)]},
            "maskedPaths": list(MASKED),
            "readonlyPaths": [*READ_ONLY, *(ALL_BUT_NETWORK if spec.network_admin else SETTINGS)],
        },
    }


def _process(spec: NodeSpec, image: Image, links: int) -> dict[str, Any]:
    capabilities = [
        f"CAP_{name}" for name in capability.granted(spec.capabilities, f"topology.nodes.{spec.name}.cap-add")
    ]
    return {
        "terminal": False,
        "user": {"uid": 0, "gid": 0},
        "args": command(spec, image),
        "env": environment(spec, image, links),
        "cwd": image.directory,
        "capabilities": dict.fromkeys(("bounding", "effective", "permitted"), capabilities),
        "noNewPrivileges": False,  # postdrop of Postfix is set-group-id
    }


def _mount(target: str, kind: str, *options: str) -> dict[str, Any]:
    return {"destination": target, "type": kind, "source": kind, "options": list(options)}


def _system_mounts() -> list[dict[str, Any]]:
    quiet = ("nosuid", "noexec", "nodev")
    return [
        _mount("/proc", "proc", *quiet),
        _mount("/dev", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
        _mount("/dev/pts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
        _mount("/dev/shm", "tmpfs", *quiet, "mode=1777", "size=65536k"),
        _mount("/dev/mqueue", "mqueue", *quiet),
        _mount("/sys", "sysfs", *quiet, "ro"),
    ]


def _private_mounts(etc: Path) -> list[dict[str, Any]]:
    return [
        {"destination": f"/etc/{name}", "type": "bind", "source": str(etc / name), "options": ["rbind", "rprivate"]}
        for name in PRIVATE_FILES
    ]


def _bind_mount(bind: Bind) -> dict[str, Any]:
    options = ["rbind", "rprivate", "ro" if bind.read_only else "rw"]
    return {"destination": bind.target, "type": "bind", "source": str(bind.source), "options": options}


def _device(device: Device) -> dict[str, Any]:
    return {
        "path": device.path,
        "type": device.kind,
        "major": device.major,
        "minor": device.minor,
        "fileMode": stat.S_IMODE(device.mode),
        "uid": 0,
        "gid": 0,
    }


def _device_rule(device: Device) -> Mapping[str, Any]:
    return {
        "allow": True,
        "type": device.kind,
        "major": device.major,
        "minor": device.minor,
        "access": device.access,
    }
