"""The requirements: ``configs/checks/*.yml``, joined with the tests by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.errors import WrongInput


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement. ``stages`` are those it must hold at; ``targets`` name thresholds in ``configs/targets.yml``."""

    id: str
    item: str
    stages: tuple[str, ...]
    vi: str
    en: str
    criterion: str
    reference: str
    targets: tuple[str, ...] = ()


KEYS = {"item", "stages", "vi", "en", "criterion", "reference", "targets"}


def read(directory: Path, stages: tuple[str, ...]) -> dict[str, Check]:
    """All checks below ``configs/checks``; ``from: STAGE`` in a file's ``stages`` means that stage and all after it."""
    found: dict[str, Check] = {}
    for file in sorted(directory.glob("*.yml")):
        for key, entry in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).items():
            found[key] = _check(file, key, entry, stages)
    return found


def _check(file: Path, key: str, entry: Mapping[str, Any], stages: tuple[str, ...]) -> Check:
    if unknown := set(entry) - KEYS:
        raise WrongInput(
            "no such key", where=file, key=f"{key}.{min(unknown)}", hint="keys: " + ", ".join(sorted(KEYS))
        )
    if missing := KEYS - {"targets"} - set(entry):
        raise WrongInput("is missing", where=file, key=f"{key}.{min(missing)}", hint="add it")
    return Check(
        id=key,
        item=str(entry["item"]),
        stages=_stages(file, key, entry["stages"], stages),
        vi=entry["vi"],
        en=entry["en"],
        criterion=entry["criterion"],
        reference=entry["reference"],
        targets=tuple(entry.get("targets", ())),
    )


def _stages(file: Path, key: str, written: Any, stages: tuple[str, ...]) -> tuple[str, ...]:
    if written == "all":
        return stages
    since = str(written).removeprefix("from ").strip()
    if since not in stages:
        hint = "write `all` or `from STAGE`; stages: " + ", ".join(stages)
        raise WrongInput(f"{written!r} is no stage", where=file, key=f"{key}.stages", hint=hint)
    return stages[stages.index(since) :]


def targets(file: Path) -> dict[str, float]:
    """The thresholds by name."""
    return {key: float(entry["value"]) for key, entry in yaml.safe_load(file.read_text(encoding="utf-8")).items()}
