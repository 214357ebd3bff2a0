"""Splitting a command line into words as containerlab does (the rules of Go's ``google/shlex``)."""

from __future__ import annotations

_SPACE = " \t\r\n"


def split(line: str) -> tuple[str, ...]:
    """The words of ``line``: blanks part them, quotes and backslashes keep them together, ``#`` at the beginning of
    a word starts a comment to the end of the line. In double quotes a backslash takes the next character as it is.
    Raises ``ValueError`` for a quote that is not closed and for a backslash at the end."""
    words: list[str] = []
    word: list[str] | None = None
    at = 0
    while at < len(line):
        char = line[at]
        at += 1
        if char in _SPACE:
            if word is not None:
                words.append("".join(word))
            word = None
        elif char == "#" and word is None:
            end = line.find("\n", at)
            at = len(line) if end < 0 else end + 1
        else:
            taken, at = _piece(line, char, at)
            word = [*(word or ()), taken]
    if word is not None:
        words.append("".join(word))
    return tuple(words)


def _piece(line: str, char: str, at: int) -> tuple[str, int]:
    """What one character begins: itself, an escaped one or a quoted string, and where the line goes on."""
    if char == "\\":
        if at >= len(line):
            raise ValueError("a backslash at the end escapes nothing")
        return line[at], at + 1
    if char == "'":
        end = line.find("'", at)
        if end < 0:
            raise ValueError("a single quote is not closed")
        return line[at:end], end + 1
    if char != '"':
        return char, at
    taken: list[str] = []
    while at < len(line) and line[at] != '"':
        at += line[at] == "\\"
        taken.append(line[at : at + 1])
        at += 1
    if at >= len(line):
        raise ValueError("a double quote is not closed")
    return "".join(taken), at + 1
