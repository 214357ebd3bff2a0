"""The two languages of everything that people read: Vietnamese, which comes first, and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Text:
    """What a person reads, in both."""

    vi: str
    en: str

    def of(self, language: Language) -> str:
        """The text in one of them."""
        return self.vi if language == "vi" else self.en


OUTCOMES = {
    "pass": Text("đạt", "pass"),
    "fail": Text("không đạt", "fail"),
    "error": Text("không đo được", "error"),
    "skip": Text("bỏ qua", "skip"),
}
"""What a check, a step or a drill comes to."""
