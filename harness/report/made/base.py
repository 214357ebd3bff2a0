"""What is known of every result, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.language import Text
from harness.report.collect import Found

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """What is known of a result whatever its kind: ``outcome`` is pass, fail, error, skip or ``wrong input``."""

    found: Found
    outcome: str

    @property
    def at(self) -> str:
        """When it ended."""
        return self.found.kept.at

    @property
    def stage(self) -> str:
        """Where the lab stood."""
        return self.found.kept.stage


def texts(value: Iterable[Any] | None) -> tuple[str, ...]:
    """A list of lines."""
    return tuple(map(str, value or ()))


def title(data: Data) -> Text:
    """A title in both languages."""
    return Text(str(data.get("vi", "")), str(data.get("en", "")))
