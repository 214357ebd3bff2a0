"""The requirements: ``configs/checks/*.yml``, joined with the tests by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.errors import WrongInput

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times as fast


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement. ``stages`` are those it must hold at, ``NO_PLAN`` among them if it can be judged on a lab without
    a plan; ``targets`` name thresholds in ``configs/targets.yml``."""

    id: str
    item: str
    stages: tuple[str, ...]
    vi: str
    en: str
    criterion: str
    reference: str
    targets: tuple[str, ...] = ()


NO_PLAN = ""
"""The stage of somebody's lab that no plan describes."""
PLANS = ("needed", "not needed", "absent")
"""What a requirement says of the plan: it derives what must be; the lab need not have one; or it must not, because with
a plan other requirements say more."""
KEYS = {"item", "stages", "plan", "vi", "en", "criterion", "reference", "targets"}
OPTIONAL = {"plan", "targets"}


def read(directory: Path, stages: tuple[str, ...]) -> dict[str, Check]:
    """All checks below ``configs/checks``; ``from: STAGE`` in a file's ``stages`` means that stage and all after it, a list
    those that it names."""
    found: dict[str, Check] = {}
    for file in sorted(directory.glob("*.yml")):
        for key, entry in (_load(file) or {}).items():
            found[key] = _check(file, key, entry, stages)
    return found


def _check(file: Path, key: str, entry: Mapping[str, Any], stages: tuple[str, ...]) -> Check:
    if unknown := set(entry) - KEYS:
        raise WrongInput(
            "no such key", where=file, key=f"{key}.{min(unknown)}", hint="keys: " + ", ".join(sorted(KEYS))
        )
    if missing := KEYS - OPTIONAL - set(entry):
        raise WrongInput("is missing", where=file, key=f"{key}.{min(missing)}", hint="add it")
    return Check(
        id=key,
        item=str(entry["item"]),
        stages=_with_plan(file, key, entry.get("plan", PLANS[0]), _stages(file, key, entry["stages"], stages)),
        vi=entry["vi"],
        en=entry["en"],
        criterion=entry["criterion"],
        reference=entry["reference"],
        targets=tuple(entry.get("targets", ())),
    )


def _with_plan(file: Path, key: str, written: Any, stages: tuple[str, ...]) -> tuple[str, ...]:
    if written not in PLANS:
        raise WrongInput(f"{written!r} is not known", where=file, key=f"{key}.plan", hint=f"write {' or '.join(PLANS)}")
    return {"needed": stages, "not needed": (*stages, NO_PLAN), "absent": (NO_PLAN,)}[written]


def _stages(file: Path, key: str, written: Any, stages: tuple[str, ...]) -> tuple[str, ...]:
    if written == "all":
        return stages
    if isinstance(written, list):
        return tuple(_stages(file, key, each, stages)[0] for each in written)
    since = str(written).removeprefix("from ").strip()
    if since not in stages:
        hint = "write `all`, `from STAGE` or a list of stages; stages: " + ", ".join(stages)
        raise WrongInput(f"{written!r} is no stage", where=file, key=f"{key}.stages", hint=hint)
    return stages[stages.index(since) :]


def targets(file: Path) -> dict[str, float]:
    """The thresholds by name."""
    return {key: float(entry["value"]) for key, entry in _load(file).items()}


def _load(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), _LOADER)
