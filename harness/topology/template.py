"""Carrying out the Go template that a topology file may be, with the line of origin of each line that comes out."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import WrongInput
from harness.topology.template_functions import FUNCTIONS, shown, true
from harness.topology.template_lex import TemplateError, Text
from harness.topology.template_parse import (
    Block,
    Call,
    Chain,
    Dot,
    Expression,
    Head,
    Pipeline,
    Print,
    Statement,
    Value,
    Variable,
    parse,
)

_KNOWN = ", ".join(sorted((*FUNCTIONS, "and", "or")))


@dataclass(frozen=True, slots=True)
class Rendered:
    """The text that a template gives; ``origins[n]`` is the line of the template that line n + 1 comes from."""

    text: str
    origins: tuple[int, ...] = ()

    def origin(self, line: int) -> int:
        """The line of the template that ``line`` of the text comes from."""
        return self.origins[min(line, len(self.origins)) - 1] if self.origins else line


def render(source: str, data: Mapping[str, Any] | None, file: Path) -> Rendered:
    """``source`` carried out over ``data`` (``None`` where there is no file of variables).

    Raises ``WrongInput`` with the line for what is wrong or beyond the supported subset, and for printing a variable
    that is not defined.
    """
    if "{{" not in source:
        return Rendered(source)
    try:
        run = _Run(data)
        run.statements(parse(source), data, ChainMap({"$": data}))
    except TemplateError as error:
        hint = f"functions here: {_KNOWN}" if "function" in error.what else "see Go's text/template"
        raise WrongInput(f"template: {error.what}", where=file, line=error.line, hint=hint) from None
    return Rendered("".join(text for text, _ in run.pieces), tuple(_origins(run.pieces)))


def _origins(pieces: Sequence[tuple[str, int]]) -> Iterator[int]:
    """For each line of the output the line of its first character that is not blank."""
    origin, blank_origin = None, 1
    for text, line in pieces:
        for at, part in enumerate(text.split("\n")):
            if at:
                yield origin or blank_origin
                origin = None
            blank_origin = abs(line) + (at if line > 0 else 0)
            if origin is None and part.strip():
                origin = blank_origin
    yield origin or blank_origin


Scope = ChainMap[str, Any]


class _Run:
    """One run over the tree. ``pieces`` are (text, line); a negative line is that of an action, all from one line."""

    def __init__(self, data: Mapping[str, Any] | None) -> None:
        self._data = data
        self.pieces: list[tuple[str, int]] = []

    def statements(self, statements: Sequence[Statement], dot: Any, scope: Scope) -> None:
        for statement in statements:
            if isinstance(statement, Text):
                self.pieces.append((statement.text, statement.line))
            elif isinstance(statement, Print):
                self._print(statement.head, dot, scope)
            else:
                self._block(statement, dot, scope)

    def _print(self, head: Head, dot: Any, scope: Scope) -> None:
        value = self._value(head.pipeline, dot, scope, head.line)
        if head.names:
            self._assign(head, value, scope)
        elif value is None:
            why = "" if self._data else ": there is no NAME_vars.yml beside the file"
            raise TemplateError(f"{_written(head.pipeline)} is not defined{why}", head.line)
        else:
            self.pieces.append((shown(value), -head.line))

    def _assign(self, head: Head, value: Any, scope: Scope) -> None:
        name = head.names[-1]
        if head.declares:
            scope.maps[0][name] = value
            return
        holder = next((names for names in scope.maps if name in names), None)
        if holder is None:
            raise TemplateError(f"{name} is not defined", head.line)
        holder[name] = value

    def _block(self, block: Block, dot: Any, scope: Scope) -> None:
        inner = scope.new_child()
        value = self._value(block.head.pipeline, dot, inner, block.head.line)
        if block.keyword == "range":
            self._range(block, value, dot, inner)
            return
        if block.head.names:
            self._assign(block.head, value, inner)
        if true(value):
            self.statements(block.body, value if block.keyword == "with" else dot, inner)
        else:
            self.statements(block.otherwise, dot, inner)

    def _range(self, block: Block, value: Any, dot: Any, scope: Scope) -> None:
        items = list(_items(value, block.head.line))
        for key, item in items:
            inner = scope.new_child()
            for name, part in zip(block.head.names, (key, item)[-len(block.head.names) or 2 :], strict=False):
                inner[name] = part
            self.statements(block.body, item, inner)
        if not items:
            self.statements(block.otherwise, dot, scope)

    def _value(self, expression: Expression, dot: Any, scope: Scope, line: int) -> Any:
        if isinstance(expression, Value):
            return expression.value
        if isinstance(expression, Dot):
            return dot
        if isinstance(expression, Variable):
            if expression.name not in scope:
                raise TemplateError(f"{expression.name} is not defined", line)
            return scope[expression.name]
        if isinstance(expression, Chain):
            return _fields(self._value(expression.base, dot, scope, line), expression, line)
        if isinstance(expression, Call):
            return self._call(expression, (), dot, scope, line)
        return self._pipeline(expression, dot, scope, line)

    def _pipeline(self, pipeline: Pipeline, dot: Any, scope: Scope, line: int) -> Any:
        first, *rest = pipeline.commands
        value = self._value(first, dot, scope, line)
        for command in rest:
            if not isinstance(command, Call):
                raise TemplateError(f"| gives to {_written(command)}, which is no function", line)
            value = self._call(command, (value,), dot, scope, line)
        return value

    def _call(self, call: Call, piped: tuple[Any, ...], dot: Any, scope: Scope, line: int) -> Any:
        values = (self._value(operand, dot, scope, line) for operand in call.operands)
        if call.name in ("and", "or"):
            result = None
            for result in (*values, *piped) if piped else values:
                if true(result) == (call.name == "or"):
                    break
            return result
        function = FUNCTIONS.get(call.name)
        if function is None:
            raise TemplateError(f"the function {call.name} is not supported", line)
        try:
            return function(*values, *piped)
        except TemplateError:
            raise
        except (ValueError, TypeError, ZeroDivisionError, OverflowError) as error:
            raise TemplateError(f"{call.name}: {error}", line) from None


def _fields(value: Any, chain: Chain, line: int) -> Any:
    for at, name in enumerate(chain.names):
        if value is None:
            return None  # what is missing has missing fields; only printing it is an error
        if not isinstance(value, Mapping):
            path = _written(Chain(chain.base, chain.names[:at]) if at else chain.base)
            raise TemplateError(f"{_written(chain)}: {path} is {shown(value)!r} and has no fields", line)
        value = value.get(name)
    return value


def _items(value: Any, line: int) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        yield from sorted(value.items())
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from ((number, number) for number in range(value))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield from enumerate(value)
    elif value is not None:
        raise TemplateError(f"range over {shown(value)!r}, which is no list", line)


def _written(expression: Expression) -> str:
    """An expression as a file may have written it."""
    if isinstance(expression, Value):
        return repr(expression.value)
    if isinstance(expression, Variable):
        return expression.name
    if isinstance(expression, Dot):
        return "."
    if isinstance(expression, Chain):
        base = _written(expression.base)
        return ("" if base == "." else base) + "".join(f".{name}" for name in expression.names)
    if isinstance(expression, Call):
        return " ".join((expression.name, *map(_written, expression.operands)))
    inside = " | ".join(map(_written, expression.commands))
    return inside if len(expression.commands) == 1 else f"({inside})"
