"""Reading since when families are on: in a LAN, on a link, and for hosts that get one later than their LAN."""

from __future__ import annotations

from harness.plan.model import FAMILIES, Family, Span
from harness.plan.section import Section

Stages = tuple[str, ...]
"""The stages' names in order."""

SPAN_KEYS: frozenset[int | str] = frozenset({4, 6, "4-until", "6-until"})
LATER_KEYS: frozenset[int | str] = frozenset({"4-later", "6-later"})


def spans(entry: Section, stages: Stages, default4: str | None = None) -> dict[Family, Span]:
    """What ``4:``, ``4-until:`` and the like say, in names of ``stages``."""

    def name(key: int | str) -> str | None:
        return entry.child(key).one_of(stages) if key in entry else None

    found: dict[Family, Span] = {}
    for family in FAMILIES:
        if since := name(family) or (default4 if family == 4 else None):
            found[family] = Span(since, name(f"{family}-until"))
        elif f"{family}-until" in entry:
            raise entry.child(f"{family}-until").wrong(
                f"an end without a beginning: there is no `{family}`", f"add `{family}:` with its first stage"
            )
    return found


def later(entry: Section, stages: Stages) -> dict[Family, dict[str, str]]:
    """What ``4-later:`` and ``6-later:`` say: family → host → its first stage."""
    return {
        family: {host: stage.one_of(stages) for host, stage in entry.child(f"{family}-later").children()}
        for family in FAMILIES
        if f"{family}-later" in entry
    }
