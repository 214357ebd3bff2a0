"""The pilot's plan with one edit."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]
PLAN = ROOT / "configs/plan.yml"
STAGES = "00-baseline, 12-prepare, 21-pilot, 31-datacentre, 32-wan, 33-complete, 40-ipv6-only"


def changed(directory: Path, old: str, new: str) -> Path:
    """A copy of the pilot's plan in which ``old``, which it has, is ``new`` the first time."""
    text = PLAN.read_text()
    assert old in text
    file = directory / "plan.yml"
    file.write_text(text.replace(old, new, 1))
    return file
