"""The drills: ``configs/drills/<ID>.yml``, each read with one clear message for what is wrong in it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from harness.drill import failover_file, name_file, planned_file
from harness.drill.kinds import AnyDrill
from harness.plan.section import read_sections


def read_all(directory: Path, stages: Collection[str], targets: Collection[str]) -> dict[str, AnyDrill]:
    """All drills by id. Raises ``WrongInput`` for the first file that is wrong."""
    return {file.stem: read(file, stages, targets) for file in sorted(directory.glob("*.yml"))}


def read(file: Path, stages: Collection[str], targets: Collection[str]) -> AnyDrill:
    """One drill; ``stages`` and ``targets`` are those that there are."""
    root = read_sections(file)
    if root.text("id") != file.stem:
        raise root.child("id").wrong(f"{root.text('id')!r} is not the file's name", f"write {file.stem}, or rename it")
    if name_file.LOSSES in root:
        return name_file.read(root, stages, targets)
    if planned_file.PLANNED in root:
        return planned_file.read(root, stages, targets)
    return failover_file.read(root, stages, targets)
