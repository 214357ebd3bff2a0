"""Go templates as a tree: the subset that topology files use.

Text, ``{{ pipeline }}``, ``{{ $x := … }}``, ``{{ $x = … }}``, ``if``/``else if``/``else``, ``range`` (with one or two
variables), ``with``, comments and trimming. Not: ``define``, ``template``, ``block``, ``break``, ``continue``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from harness.topology.template_lex import Action, TemplateError, Text, Token, lex

BEYOND = ("define", "template", "block", "break", "continue")
"""Keywords of Go's templates that are not supported here."""


@dataclass(frozen=True, slots=True)
class Value:
    """A literal."""

    value: Any


@dataclass(frozen=True, slots=True)
class Variable:
    """``$name``; ``$`` alone is the data that the template began with."""

    name: str


@dataclass(frozen=True, slots=True)
class Dot:
    """The current data."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Fields of something: ``$x.a.b``."""

    base: Expression
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function (``add``, ``strings.Split``) with the operands behind it."""

    name: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands of which each gives its result to the next as its last operand."""

    commands: tuple[Expression, ...]


Expression = Value | Variable | Dot | Chain | Call | Pipeline


@dataclass(frozen=True, slots=True)
class Head:
    """A pipeline and the variables that take its result; ``declares`` tells ``:=`` from ``=``."""

    pipeline: Pipeline
    names: tuple[str, ...]
    declares: bool
    line: int


@dataclass(frozen=True, slots=True)
class Print:
    """``{{ pipeline }}``; prints nothing where it assigns."""

    head: Head


@dataclass(frozen=True, slots=True)
class Block:
    """``if``, ``range`` or ``with``."""

    keyword: Literal["if", "range", "with"]
    head: Head
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


Statement = Text | Print | Block


def parse(source: str) -> tuple[Statement, ...]:
    """The tree of ``source``. Raises ``TemplateError`` naming what is beyond the subset."""
    parser = _Blocks(iter(lex(source)))
    body, end = parser.body(0)
    if end is not None:
        raise TemplateError(f"{{{{ {_words(end)} }}}} closes nothing", end.line)
    return body


def _words(action: Action) -> str:
    return " ".join(token.text for token in action.tokens)


class _Blocks:
    """Nests the pieces of a template by their keywords."""

    def __init__(self, pieces: Iterable[Text | Action]) -> None:
        self._pieces = iter(pieces)

    def body(self, opened: int) -> tuple[tuple[Statement, ...], Action | None]:
        """Statements up to ``end`` or ``else`` (returned) or the end of the file. ``opened`` is the line of the block."""
        statements: list[Statement] = []
        for piece in self._pieces:
            if isinstance(piece, Text):
                statements.append(piece)
                continue
            word = piece.tokens[0].text if piece.tokens else ""
            if word in ("end", "else"):
                return tuple(statements), piece
            if word in BEYOND:
                raise TemplateError(f"the template construct {word} is not supported", piece.line)
            if word in ("if", "range", "with"):
                statements.append(self._block(word, piece, skip=1))
            else:
                statements.append(Print(_Words(piece, 0).head()))
        if opened:
            raise TemplateError("the block that begins here has no {{ end }}", opened)
        return tuple(statements), None

    def _block(self, keyword: Any, piece: Action, skip: int) -> Block:
        head = _Words(piece, skip).head()
        body, end = self.body(piece.line)
        otherwise: tuple[Statement, ...] = ()
        if end is not None and end.tokens[0].text == "else":
            rest = [token.text for token in end.tokens[1:2]]
            if rest in (["if"], ["with"]):  # shares the end of its block
                return Block(keyword, head, body, (self._block(rest[0], end, skip=2),))
            if rest:
                raise TemplateError(f"else {rest[0]} is not supported", end.line)
            otherwise, closing = self.body(piece.line)
            if closing is not None and closing.tokens[0].text == "else":
                raise TemplateError("a second else", closing.line)
        return Block(keyword, head, body, otherwise)


class _Words:
    """Reads the tokens of one action."""

    def __init__(self, action: Action, skip: int) -> None:
        self._tokens, self._at, self._line = action.tokens, skip, action.line

    def head(self) -> Head:
        names, declares = self._assignment()
        pipeline = self._pipeline()
        if self._at < len(self._tokens):
            raise self._wrong(f"unexpected {self._tokens[self._at].text!r}")
        return Head(pipeline, names, declares, self._line)

    def _assignment(self) -> tuple[tuple[str, ...], bool]:
        texts = [token.text for token in self._tokens[self._at : self._at + 4]]
        variables = [text.startswith("$") for text in texts]
        for names, sign in ((texts[0:1], 1), ([*texts[0:1], *texts[2:3]], 3)):
            two = sign == 3
            if len(texts) > sign and texts[sign] in (":=", "=") and all(variables[0:sign:2]):
                if two and texts[1] != ",":
                    continue
                self._at += sign + 1
                return tuple(names), texts[sign] == ":="
        return (), False

    def _pipeline(self) -> Pipeline:
        commands = [self._command()]
        while self._take("|"):
            commands.append(self._command())
        return Pipeline(tuple(commands))

    def _command(self) -> Expression:
        operands: list[Expression] = []
        while self._at < len(self._tokens) and self._tokens[self._at].text not in ("|", ")"):
            operands.append(self._operand())
        if not operands:
            raise self._wrong("a value or a function is missing")
        first, *rest = operands
        if isinstance(first, Call):
            return Call(first.name, tuple(rest))
        if rest:
            raise self._wrong("only a function takes operands")
        return first

    def _operand(self) -> Expression:
        token = self._tokens[self._at]
        self._at += 1
        base: Expression
        if token.kind == "string":
            base = Value(_unquoted(token, self._line))
        elif token.kind == "number":
            base = Value(_numeric(token.text))
        elif token.kind == "variable":
            base = Variable(token.text)
        elif token.kind == "dot":
            base = Dot()
        elif token.kind == "field":
            base = Chain(Dot(), (token.text[1:],))
        elif token.kind == "name":
            return self._named(token)
        elif token.text == "(":
            base = self._pipeline()
            if not self._take(")"):
                raise self._wrong("a bracket is not closed")
        else:
            raise self._wrong(f"unexpected {token.text!r}")
        names = self._fields()
        return Chain(base, names) if names else base

    def _named(self, token: Token) -> Expression:
        if token.text in ("true", "false", "nil"):
            return Value({"true": True, "false": False, "nil": None}[token.text])
        return Call(".".join((token.text, *self._fields())), ())

    def _fields(self) -> tuple[str, ...]:
        names: list[str] = []
        while self._at < len(self._tokens) and self._tokens[self._at].kind == "field" and self._tokens[self._at].glued:
            names.append(self._tokens[self._at].text[1:])
            self._at += 1
        return tuple(names)

    def _take(self, text: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at].text == text
        self._at += found
        return found

    def _wrong(self, what: str) -> TemplateError:
        return TemplateError(f"{what} in {{{{ {' '.join(token.text for token in self._tokens)} }}}}", self._line)


def _unquoted(token: Token, line: int) -> str:
    if token.text.startswith("`"):
        return token.text[1:-1]
    try:
        return str(json.loads(token.text))
    except ValueError:
        raise TemplateError(f"the string {token.text} has an escape that is not supported", line) from None


def _numeric(text: str) -> int | float:
    try:
        return int(text, 0)
    except ValueError:
        return float(text)
