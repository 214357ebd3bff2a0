"""Environment variables in a topology file, as containerlab expands them.

containerlab passes the text (after its templates) through an ``envsubst`` that leaves unknown variables in place:

====================  =========================================================================
``$V``, ``${V}``      the value; ``$V`` as it stands where V is unset *or empty*
``${V:-x} ${V:=x}``   the value, or x where V is unset or empty
``${V-x} ${V=x}``     the value, or x where V is unset
``${V:+x} ${V+x}``    x where V is set (even to nothing), else nothing
``${V:?x}``           the same as ``${V}``: there is no such check
``$$``                one dollar sign
``$1 ${1}``           left alone, as is all that begins with a digit
====================  =========================================================================

x is text up to the closing brace or one ``$W``; braces do not nest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from harness.errors import WrongInput

_DOLLAR = re.compile(r"\$(?:(?P<escape>\$)|(?P<name>[^\W\d]\w*)|(?P<open>\{(?=[^\W\d])))")
_NAME = re.compile(r"\w+")
_OPERATOR = re.compile(r":[-=+]|[-=+]")


def substitute(text: str, variables: Mapping[str, str], file: Path) -> str:
    """``text`` with its variables expanded. Raises ``WrongInput`` for a brace that is not closed on its line, and for
    one inside another, which containerlab reads as rubbish."""
    pieces: list[str] = []
    done = 0
    while match := _DOLLAR.search(text, done):
        pieces.append(text[done : match.start()])
        done = match.end()
        if match["escape"]:
            pieces.append("$")
        elif match["name"] == "_":
            pieces.append("$_")
        elif match["name"]:
            pieces.append(_value(match["name"], variables))
        else:
            expanded, done = _braces(text, done, variables, file)
            pieces.append(expanded)
    return "".join([*pieces, text[done:]])


def _value(name: str, variables: Mapping[str, str]) -> str:
    return variables.get(name, "") or f"${name}"


def _braces(text: str, start: int, variables: Mapping[str, str], file: Path) -> tuple[str, int]:
    """What ``${…}`` at ``start`` (behind the brace) stands for, and where the text goes on."""
    name_match = _NAME.match(text, start)
    assert name_match  # the opening was found by a look at what follows
    name, at = name_match[0], name_match.end()
    operator, default = "", None
    while True:
        if found := _OPERATOR.match(text, at):
            operator, at = found[0], found.end()
        elif text.startswith("}", at):
            return _expand(name, operator, default, variables), at + 1
        elif text.startswith("$", at) and (variable := _NAME.match(text, at + 1)):
            default, at = _value(variable[0], variables), variable.end()
        else:
            default, at = _text(text, at, name, file)


def _text(text: str, start: int, name: str, file: Path) -> tuple[str, int]:
    """The text of a default, up to the closing brace; a colon takes the character behind it along."""
    at = start
    while at < len(text) and text[at] not in "}\r\n":
        if text.startswith("${", at):
            raise _wrong(text, start, name, "holds another ${…}, which containerlab does not expand", file)
        at += 2 if text[at] == ":" else 1
    if not text.startswith("}", at):
        raise _wrong(text, start, name, "is not closed on its line", file)
    return text[start:at], at


def _expand(name: str, operator: str, default: str | None, variables: Mapping[str, str]) -> str:
    if default is None or not operator:
        return _value(name, variables)
    if operator in (":-", ":="):
        return variables.get(name, "") or default
    if operator in (":+", "+"):
        return default if name in variables else ""
    return _value(name, variables) if name in variables else default


def _wrong(text: str, at: int, name: str, what: str, file: Path) -> WrongInput:
    return WrongInput(
        f"the variable ${{{name}… {what}",
        where=file,
        line=text.count("\n", 0, at) + 1,
        hint="write ${NAME}, ${NAME:-default} or ${NAME:-$OTHER} on one line",
    )
