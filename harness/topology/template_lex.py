"""The words of a Go template: plain text, and the tokens between ``{{`` and ``}}``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


class TemplateError(ValueError):
    """A template that cannot be read or carried out; ``line`` counts from 1."""

    def __init__(self, what: str, line: int) -> None:
        self.what, self.line = what, line
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``glued`` where nothing parts it from the one before."""

    kind: str
    text: str
    glued: bool


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is copied as it stands; ``line`` is that of its first character."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Action:
    """What stood between ``{{`` and ``}}``."""

    tokens: tuple[Token, ...]
    line: int


_COMMENT = re.compile(r"\s*/\*.*?\*/(?P<end>\s+-\}\}|\s*\}\})", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<end>\s+-\}\}|\}\})
      | (?P<space>\s+)
      | (?P<string>"(?:\\.|[^"\\\n])*"|`[^`]*`)
      | (?P<number>[-+]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?))
      | (?P<variable>\$\w*)
      | (?P<field>\.[^\W\d]\w*)
      | (?P<dot>\.)
      | (?P<name>[^\W\d]\w*)
      | (?P<sign>:=|[=|(),])""",
    re.VERBOSE,
)


def lex(source: str) -> Iterator[Text | Action]:
    """The pieces of a template. ``{{-`` takes the blanks before it away, ``-}}`` those behind it."""
    at = line = 0
    trim = False
    while True:
        start = source.find("{{", at)
        text = source[at : start if start >= 0 else len(source)]
        trim_right = start >= 0 and source[start + 2 : start + 3] == "-" and source[start + 3 : start + 4].isspace()
        if kept := _trimmed(text, trim, trim_right):
            skipped = len(text) - len(text.lstrip()) if trim else 0
            yield Text(kept, line + 1 + text.count("\n", 0, skipped))
        line += text.count("\n")
        if start < 0:
            return
        begin = start + (3 if trim_right else 2)
        tokens, at, trim = _action(source, begin, line + 1)
        if tokens is not None:
            yield Action(tokens, line + 1)
        line += source.count("\n", start, at)


def _trimmed(text: str, left: bool, right: bool) -> str:
    text = text.lstrip() if left else text
    return text.rstrip() if right else text


def _action(source: str, at: int, line: int) -> tuple[tuple[Token, ...] | None, int, bool]:
    """The tokens of one action (``None`` for a comment), where the text goes on, and whether it is trimmed there."""
    if comment := _COMMENT.match(source, at):
        return None, comment.end(), "-" in comment["end"]
    tokens: list[Token] = []
    glued = False
    while match := _TOKEN.match(source, at):
        at = match.end()
        kind = str(match.lastgroup)
        if kind == "end":
            return tuple(tokens), at, "-" in match[0]
        if kind != "space":
            tokens.append(Token(kind, match[0], glued))
        glued = kind != "space"
    rest = source[at : at + 12].split("\n")[0]
    raise TemplateError(f"cannot read {rest!r} in an action" if rest else "an action {{ is not closed", line)
