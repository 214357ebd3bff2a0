"""What a containerlab lab leaves on the host besides its containers, and the removal of it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pyroute2 import IPRoute, netns

from harness.engine.clab_record import RUN, directory, find

NETNS = Path("/run/netns")
SSH = Path("/etc/ssh/ssh_config.d")
HOSTS = Path("/etc/hosts")
_UNMOVED = re.compile(r"clab-[0-9a-f]{8}")


def parking(container: str) -> Path:
    """The namespace in which containerlab keeps the links of a node that it stopped."""
    return NETNS / f"clab-park-{container}"


def remains(lab: str, containers: Sequence[str]) -> tuple[str, ...]:
    """What is there, in words. ``containers`` are the names of those that there still are."""
    found = [f"network namespace {path}" for path in _namespaces(lab, containers)]
    found += [f"file {path}" for path in (directory(lab), SSH / f"clab-{lab}.conf") if path.exists()]
    found += [f"entries of lab {lab} in {HOSTS}"] if _marks(lab)[0] in _hosts() else []
    return (*found, *(f"interface {name}" for name in _unmoved_links()))


def clear(lab: str, containers: Sequence[str]) -> None:
    """Remove all of it. What is not there is no error. ``containers`` are the names of those that there were."""
    for path in _namespaces(lab, containers):
        if path.is_symlink():
            path.unlink(missing_ok=True)
        else:
            with suppress(OSError):
                netns.remove(path.name)
    (SSH / f"clab-{lab}.conf").unlink(missing_ok=True)
    if _marks(lab)[0] in _hosts():
        HOSTS.write_text(without_lab(_hosts(), lab))
    _remove_links(_unmoved_links())
    shutil.rmtree(directory(lab), ignore_errors=True)
    with suppress(OSError):
        RUN.rmdir()


def without_lab(hosts: str, lab: str) -> str:
    """The hosts file without the lab's block."""
    begin, end = (re.escape(mark) for mark in _marks(lab))
    return re.sub(rf"^{begin}\n.*?^{end}\n", "", hosts, flags=re.MULTILINE | re.DOTALL)


def _marks(lab: str) -> tuple[str, str]:
    return f"###### CLAB-{lab}-START ######", f"###### CLAB-{lab}-END ######"


def _hosts() -> str:
    try:
        return HOSTS.read_text()
    except OSError:
        return ""


def _namespaces(lab: str, containers: Sequence[str]) -> list[Path]:
    """Names of the nodes' namespaces: links to /proc while they run, namespaces of their own while links are parked.

    They are called like the containers; where there are none any more, as containerlab calls them by default.
    """
    names = set(containers)
    if record := find(lab):
        names |= {f"clab-{lab}-{node}" for node in record.exec}
    places = [place for name in sorted(names) for place in (NETNS / name, parking(name))]
    return [path for path in places if os.path.lexists(path)]


def _unmoved_links() -> list[str]:
    """Veths that a deployment which was killed made and did not get to move; never while one is under way."""
    if any(_is_containerlab(process) for process in Path("/proc").glob("[0-9]*")):
        return []
    with IPRoute() as netlink:
        names = [link.get_attr("IFLA_IFNAME") for link in netlink.get_links(kind="veth")]
    return [name for name in names if _UNMOVED.fullmatch(name)]


def _remove_links(names: list[str]) -> None:
    with IPRoute() as netlink:
        for name in names:
            for index in netlink.link_lookup(ifname=name):  # its peer went with the one before it
                netlink.link("del", index=index)


def _is_containerlab(process: Path) -> bool:
    try:
        return (process / "exe").readlink().name == "containerlab"
    except OSError:
        return False
