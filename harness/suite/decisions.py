"""The exceptions of ``configs/exceptions.yml``: each with its owner, its end and its reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from harness.errors import WrongInput
from harness.verdict.decision import Decision

KEYS = ("check", "where", "owner", "until", "why")


def read(file: Path, check: str) -> dict[str, Decision]:
    """The exceptions from one check, by place; none if there is no such file. Raises ``WrongInput``."""
    try:
        entries = yaml.safe_load(file.read_text(encoding="utf-8")) or []
    except FileNotFoundError:
        return {}
    except yaml.YAMLError as error:
        raise WrongInput(f"is no YAML: {error}", where=file) from error
    found = [_decision(file, number, entry) for number, entry in enumerate(entries)]
    return {each.where: each for each in found if each.check == check}


def _decision(file: Path, number: int, entry: Any) -> Decision:
    if not isinstance(entry, dict) or set(entry) != set(KEYS):
        raise WrongInput("an exception has other keys", where=file, key=f"[{number}]", hint="keys: " + ", ".join(KEYS))
    if not isinstance(entry["until"], date):
        raise WrongInput(f"{entry['until']!r} is no date", where=file, key=f"[{number}].until", hint="write 2027-12-31")
    return Decision(**entry)
