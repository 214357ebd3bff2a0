"""What is kept of a lab that containerlab brought up: how to call it again, and what a node needs when it starts anew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.errors import LabFailed
from harness.topology.model import Topology

RUN = Path("/run/v6lab-containerlab")
"""A directory a lab: this record, and containerlab's own files, which it would else put beside the topology."""


@dataclass(frozen=True, slots=True)
class Record:
    """A lab's topology file with its hash and the environment it was read with; the commands that the file has for a
    node; and each node's neighbours."""

    file: str
    digest: str
    environment: Mapping[str, str]
    exec: Mapping[str, Sequence[str]]
    neighbours: Mapping[str, Sequence[str]]


def names() -> tuple[str, ...]:
    """The labs that were brought up, or begun, and not taken down."""
    return tuple(sorted(path.parent.name for path in RUN.glob("*/lab.json")))


def directory(lab: str) -> Path:
    """The lab's directory."""
    return RUN / lab


def write(lab: str, topology: Topology) -> None:
    """Keep the record, before anything is made: whoever finds half a lab can then take it down."""
    file = topology.file.resolve()
    record = Record(
        file=str(file),
        digest=digest(file),
        environment=dict(topology.variables),
        exec={name: list(spec.exec) for name, spec in topology.nodes.items()},
        neighbours={name: _neighbours(topology, name) for name in topology.nodes},
    )
    directory(lab).mkdir(parents=True, exist_ok=True)
    fresh = directory(lab) / "lab.json.new"
    fresh.write_text(json.dumps(asdict(record), indent=1))
    fresh.replace(directory(lab) / "lab.json")


def complete(lab: str) -> None:
    """Note that the deployment came to its end."""
    (directory(lab) / "complete").touch()


def cut_off(lab: str) -> bool:
    """Whether a deployment of the lab began and did not come to its end."""
    return directory(lab).exists() and not (directory(lab) / "complete").exists()


def find(lab: str) -> Record | None:
    """The record, if there is one."""
    try:
        return Record(**json.loads((directory(lab) / "lab.json").read_text()))
    except OSError:
        return None


def read(lab: str) -> Record:
    """The record. Raises ``LabFailed`` for a lab that was not brought up by this project."""
    if (record := find(lab)) is None:
        raise LabFailed(f"lab {lab} was not brought up by this project: {directory(lab)} has no record of it")
    return record


def digest(file: Path) -> str:
    """The hash of a file, to know later whether it is still the same."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _neighbours(topology: Topology, node: str) -> list[str]:
    ends = [topology.peer(end) for link in topology.links for end in link.ends if end.node == node]
    return sorted({end.node for end in ends} - {node})
