"""What the commands found on a lab, kept in the run's directory: one JSON file each, beside what they judged by.

``results/<UTC time>-<kind>-<process>.json`` holds what one command found, ``basis/<hash>/`` the requirements, targets,
journeys, plan and topology as they were then. A report made later needs nothing else, and says what was true then.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from harness.errors import usable

Kind = Literal["checks", "verify", "rehearsal", "drill", "mutants", "journeys", "ipv4-off", "exercise"]
KINDS: tuple[Kind, ...] = get_args(Kind)
RESULTS, BASIS = "results", "basis"
FORMAT = 1
CONFIGS = ("targets.yml", "indicators.yml", "checks/*.yml")
"""Below ``configs/`` of the project; ``journeys.yml`` lies beside the plan."""
PLAN, TOPOLOGY, JOURNEYS = "plan.yml", "topology.clab.yml", "journeys.yml"
HASH_LENGTH = 12


class Standing(Protocol):
    """What the record of a lab says of it."""

    @property
    def lab(self) -> str:
        """Its name."""
        ...

    @property
    def engine(self) -> str:
        """What runs it."""
        ...

    @property
    def stage(self) -> str:
        """Where it stands; empty without a plan."""
        ...

    @property
    def topology(self) -> str:
        """The file that it was made of."""
        ...

    @property
    def plan(self) -> str:
        """The plan's file; empty without one."""
        ...

    @property
    def project(self) -> str:
        """The checkout's root."""
        ...

    @property
    def run(self) -> str:
        """The directory of the run."""
        ...


LONGEST_SECONDS = 1e7
"""No command takes longer: what a damaged file says beyond that is not believed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What one command found. ``at`` is when it ended (ISO 8601, UTC); ``basis`` the directory of what it judged by."""

    file: Path
    kind: Kind
    at: str
    lab: str
    stage: str
    engine: str
    basis: Path
    data: Mapping[str, Any]

    @property
    def began(self) -> str:
        """When the command began, as far as it says how long it took; else when it ended."""
        seconds = self.data.get("seconds")
        if not isinstance(seconds, int | float) or not 0 <= seconds < LONGEST_SECONDS:
            seconds = 0
        took = timedelta(seconds=seconds)
        return (datetime.fromisoformat(self.at) - took).isoformat(timespec="microseconds")


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file of the run that cannot be read, and why."""

    file: Path
    why: str


def keep(of: Standing, kind: Kind, data: Mapping[str, Any]) -> Path:
    """Write what a command found on a lab into its run. Raises ``WrongInput`` where that cannot be."""
    head = {"lab": of.lab, "stage": of.stage, "engine": of.engine}
    plan = Path(of.plan) if of.plan else None
    return keep_in(Path(of.run), kind, head, data, basis_of(Path(of.project), Path(of.topology), plan))


def basis_of(project: Path, topology: Path, plan: Path | None) -> dict[str, Path]:
    """The files that whoever judges a lab goes by: name in the basis → where it lies."""
    configs = project / "configs"
    found = {TOPOLOGY: topology}
    if plan:
        found |= {PLAN: plan, JOURNEYS: plan.with_name(JOURNEYS)}
    found |= {str(file.relative_to(configs)): file for each in CONFIGS for file in sorted(configs.glob(each))}
    return {name: file for name, file in found.items() if file.is_file()}


def keep_in(
    directory: Path, kind: Kind, head: Mapping[str, str], data: Mapping[str, Any], basis: Mapping[str, Path]
) -> Path:
    """Write a result into a directory. ``head`` says ``lab``, ``stage`` and ``engine``. Raises ``WrongInput``."""
    now = datetime.now(UTC)
    with usable(directory):
        whole = {
            "format": FORMAT,
            "kind": kind,
            "at": now.isoformat(timespec="microseconds"),
            **head,
            "basis": _keep_basis(directory, basis),
            "data": data,
        }
        file = _unused(directory / RESULTS, f"{now:%Y%m%dT%H%M%SZ}-{kind}-{os.getpid()}")
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        fresh.replace(file)
    return file


def read(directory: Path) -> tuple[tuple[Kept, ...], tuple[Damaged, ...]]:
    """All results of a run in order of time, and the files that are none."""
    found: list[Kept] = []
    damaged: list[Damaged] = []
    for file in sorted((directory / RESULTS).glob("*.json")):
        try:
            found.append(_kept(directory, file))
        except (OSError, ValueError, KeyError, TypeError) as error:
            damaged.append(Damaged(file, f"{type(error).__name__}: {error}"))
    return tuple(sorted(found, key=lambda each: (each.at, each.file.name))), tuple(damaged)


def _kept(directory: Path, file: Path) -> Kept:
    whole = json.loads(file.read_text(encoding="utf-8"))
    if whole["format"] != FORMAT or whole["kind"] not in KINDS:
        raise ValueError(f"format {whole['format']!r} of kind {whole['kind']!r} is not known")
    if not isinstance(whole["data"], dict) or Path(whole["basis"]).name != whole["basis"]:
        raise ValueError("it does not hold what a result holds")
    datetime.fromisoformat(whole["at"])
    return Kept(
        file,
        whole["kind"],
        whole["at"],
        str(whole["lab"]),
        str(whole["stage"]),
        str(whole["engine"]),
        directory / BASIS / whole["basis"],
        whole["data"],
    )


def _keep_basis(directory: Path, basis: Mapping[str, Path]) -> str:
    """Copy the files unless the same are there already; what tells one basis from another is their contents."""
    contents = {name: file.read_bytes() for name, file in sorted(basis.items())}
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    name = digest.hexdigest()[:HASH_LENGTH]
    target = directory / BASIS / name
    if not target.is_dir():
        # Several processes of one run may come here at once: the first to be done wins, all copies are alike.
        fresh = target.with_name(f".{name}-{os.getpid()}")
        for path, content in contents.items():
            (fresh / path).parent.mkdir(parents=True, exist_ok=True)
            (fresh / path).write_bytes(content)
        fresh.mkdir(parents=True, exist_ok=True)
        try:
            fresh.rename(target)
        except OSError:
            shutil.rmtree(fresh, ignore_errors=True)
            if not target.is_dir():
                raise
    return name


def _unused(directory: Path, stem: str) -> Path:
    """Two results of one second and process get two names."""
    number = 1
    file = directory / f"{stem}.json"
    while file.exists():
        number += 1
        file = directory / f"{stem}-{number}.json"
    return file
