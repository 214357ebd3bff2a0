"""Something to be said in one line: a key of the texts, what it is filled with, and the evidence in the lab's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Weight = Literal["fail", "error", "skip", "unasked", "pass", "note"]


@dataclass(frozen=True, slots=True)
class Remark:
    """``key`` is of the texts, ``values`` fill it in (titles in both languages among them), ``said`` are lines that came
    out of the lab, quoted as they are. ``anchor`` is where the report says more."""

    weight: Weight
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    anchor: str = ""
