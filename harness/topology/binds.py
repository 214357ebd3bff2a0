"""Host paths in a topology: bind strings, containerlab's magic variables, and where a relative path leads."""

from __future__ import annotations

import os.path
import pwd
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.topology.merge import Given
from harness.topology.model import Bind, Finding, Topology

MODES = frozenset({"ro", "rw", "z", "Z", ""})
"""Options of a bind that the embedded engine gives; z and Z only matter under SELinux."""


@dataclass(frozen=True, slots=True)
class Paths:
    """What paths in one file lead to. ``lab_dir`` is where containerlab keeps the lab's files."""

    folder: Path
    lab_dir: Path
    home: str

    @classmethod
    def of(cls, file: Path, lab: str, variables: Mapping[str, str]) -> Paths:
        """The paths of the lab ``lab`` read from ``file``; ``~`` is the home of whoever called sudo."""
        folder = Path(os.path.abspath(file)).parent  # noqa: PTH100 - links are not followed, as containerlab does not
        base = variables.get("CLAB_LABDIR_BASE") or str(folder)
        return cls(folder, Path(base) / f"clab-{lab}", _home(variables))

    def magic(self, text: str, node: str) -> str:
        """``text`` with containerlab's magic variables replaced, in one pass."""
        values = {
            "__clabDir__": str(self.lab_dir),
            "__clabLabName__": self.lab_dir.name,
            "__clabNodeDir__": str(self.lab_dir / node),
            "__clabNodeName__": node,
        }
        return re.sub("|".join(values), lambda match: values[match[0]], text) if "__clab" in text else text

    def resolve(self, path: str) -> Path:
        """A host path as containerlab reads it: relative to the folder of the file, ``~`` expanded."""
        if path.startswith("~"):
            return Path(path.replace("~", self.home, 1))
        return Path(path) if path.startswith("/") else Path(os.path.normpath(self.folder / path))


def _home(variables: Mapping[str, str]) -> str:
    uid = variables.get("SUDO_UID", "")
    try:
        return pwd.getpwuid(int(uid)).pw_dir if uid.isdigit() else variables.get("HOME", "/root")
    except KeyError:
        return variables.get("HOME", "/root")


def parse_bind(text: str) -> tuple[str, str, str]:
    """Source, target and options of a bind string. Raises ``ValueError`` saying what is wrong."""
    parts = text.split(":")
    if len(parts) == 1:
        raise ValueError(f"{text!r} names one path: that is an anonymous volume")
    if len(parts) > 3 or not parts[0] or not parts[1].startswith("/"):
        raise ValueError(f"{text!r} is no bind")
    return parts[0], parts[1], parts[2] if len(parts) == 3 else ""


def merge_binds(given: Iterable[Given]) -> tuple[Given, ...]:
    """Bind strings with the more specific of those that have one target, in containerlab's order (by text).

    Raises ``ValueError`` with the ``Given`` behind the text of what is wrong.
    """
    by_target: dict[str, Given] = {}
    for item in given:
        try:
            by_target[parse_bind(item.value)[1]] = item
        except ValueError as error:
            raise ValueError(str(error), item) from None
    return tuple(sorted(by_target.values(), key=lambda item: item.value))


def make_bind(text: str, node: str, paths: Paths) -> Bind:
    """The bind that a valid bind string means for ``node``."""
    source, target, options = parse_bind(text)
    return Bind(paths.resolve(paths.magic(source, node)), target, "ro" in options.split(","))


def missing_binds(topology: Topology) -> tuple[Finding, ...]:
    """An error for each bind whose host path does not exist: reads the disk, so look after rendering, before deploying."""
    return tuple(
        Finding(
            "error",
            f"the host path {bind.source} of a bind does not exist",
            topology.file,
            topology.lines.get(f"topology.nodes.{node.name}"),
            f"topology.nodes.{node.name}.binds",
            "render the node trees first, or correct the path",
        )
        for node in topology.nodes.values()
        for bind in node.binds
        if not bind.source.exists()
    )
