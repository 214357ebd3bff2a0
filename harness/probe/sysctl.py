"""The kernel settings of a node's network namespace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import PREFIX
from harness.node import Node
from harness.probe.namespace import inside

KIND = "sysctl"
ROOT = Path("/proc/sys")


def sysctls(history: History | None, node: Node, names: Sequence[str]) -> dict[str, str | None]:
    """The values of ``names`` (``net.ipv6.conf.all.forwarding``; an interface with a dot in its name has a slash
    for it); ``None`` where the kernel has no such setting.

    Only ``net.`` settings belong to a namespace of the node; another name is a ``ValueError``.
    /proc/sys/net shows the namespace of whoever opens a file, so the files are opened inside the node.
    """
    for name in names:
        if not name.startswith("net."):
            raise ValueError(f"{name} is no setting of a network namespace")
    with inside(node):
        found = {name: _read(node, name) for name in names}
    if history is not None:
        data = {"family": None, "asked": {"names": list(names)}, "answer": "reply", "by": node.name}
        history.append(PREFIX + KIND, node.name, {**data, "data": found, "raw": ""})
    return found


def _read(node: Node, name: str) -> str | None:
    try:
        return path_of(name).read_text().strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CannotMeasure(f"cannot read {name} of node {node.name}: {error}") from error


def path_of(name: str) -> Path:
    """The file of a setting: dots are slashes and the other way round, as for sysctl(8)."""
    return ROOT / name.translate(str.maketrans("./", "/."))
