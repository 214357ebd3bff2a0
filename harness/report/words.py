"""The report's own words: ``text/vi.yml`` and ``text/en.yml``, the same keys in both. What came out of a lab is quoted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from harness.language import Language, Text


@dataclass(frozen=True, slots=True)
class Words:
    """All texts of one language: dotted key → text with ``{names}`` to be filled in."""

    language: Language
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key, filled in. A key that there is none of is a ``KeyError``: no half-written page."""
        return self.texts[key].format(**{name: self.said(value) for name, value in values.items()})

    def said(self, value: Any) -> Any:
        """A value as this language says it: titles in it, numbers with its decimal sign, all else as it is."""
        if isinstance(value, Text):
            return value.of(self.language)
        return self.number(value) if isinstance(value, float) else value

    def number(self, value: float, digits: int = 1) -> str:
        """A number without needless zeros, with the language's decimal sign."""
        text = f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
        return text.replace(".", ",") if self.language == "vi" else text

    def percent(self, part: int, whole: int) -> str:
        """``12/15 (80 %)``: never a percentage without what it is of. Rounded down: 100 % is all."""
        return f"{part}/{whole} ({100 * part // whole}\u00a0%)" if whole else self.texts["none"]

    def day(self, at: str) -> str:
        """A day as the language writes it."""
        return f"{_instant(at):%d/%m/%Y}" if self.language == "vi" else f"{_instant(at):%d %b %Y}"

    def time(self, at: str) -> str:
        """Day and time, in UTC as the history has them."""
        return f"{self.day(at)} {_instant(at):%H:%M} UTC"


@cache
def words(language: Language) -> Words:
    """The texts of a language."""
    text = files("harness.report").joinpath("text", f"{language}.yml").read_text(encoding="utf-8")
    return Words(language, dict(_flat(yaml.safe_load(text))))


def _flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", str(value)


def _instant(at: str) -> datetime:
    return datetime.fromisoformat(at)
