"""YAML read strictly against a shape: every value knows its line, and what does not fit is one message.

As containerlab's parser (yaml.v2, strict): a scalar is text wherever text is wanted, ``yes`` is a boolean only where
one is wanted, nothing stands for the empty value, unknown keys and keys given twice are errors.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from harness.errors import WrongInput
from harness.topology.shapes import ANY, ListOf, MapOf, Record, Scalar, Shape

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times as fast
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
_FALSE = frozenset({"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
_INTEGER = re.compile(r"[-+]?(0x[0-9a-fA-F_]+|0b[01_]+|0o?[0-7_]+|[1-9][0-9_]*|0)")
_NUMBER = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?")
_DURATION = re.compile(r"[-+]?((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+|0|[-+]?\d+")
_WANTED = {
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "duration": "a duration such as 30s",
}
_EMPTY: dict[str, Any] = {"text": "", "integer": 0, "number": 0.0, "boolean": None, "duration": "", "any": None}


class Pair(NamedTuple):
    """A key of a mapping and what stands behind it; ``merged`` where it came in by ``<<``."""

    key: yaml.Node
    value: yaml.Node
    merged: bool


def compose(text: str, file: Path, origin: Callable[[int], int] = int) -> yaml.Node | None:
    """The node graph of ``text``, ``None`` for an empty one. ``origin`` turns a line into that of the file as written.

    Raises ``WrongInput`` with the line where it is not YAML.
    """
    loader = _Loader(text)
    try:
        return loader.get_single_node()  # type: ignore[no-any-return]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        line = origin(mark.line + 1) if mark else None
        raise WrongInput(f"not YAML: {what}", where=file, line=line, hint=_yaml_hint(what)) from None
    except yaml.YAMLError as error:
        what = str(error).splitlines()[0]
        raise WrongInput(f"not YAML: {what}", where=file, hint="take that character out") from None
    finally:
        loader.dispose()


def _yaml_hint(what: str) -> str:
    if "single document" in what:
        return "keep one topology in a file: containerlab reads the first document only"
    return "mend the indentation, quotes or brackets at or just above this line"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads nodes of one file against shapes. ``lines`` fills with the line of every key path that was read."""

    file: Path
    origin: Callable[[int], int] = int
    lines: dict[str, int] = field(default_factory=dict)

    def read(self, node: yaml.Node, shape: Shape, key: str) -> Any:
        """The value of ``node``: dict, list, str, int, float, bool or ``None``. Raises ``WrongInput``."""
        self.lines.setdefault(key, self.line(node))
        if isinstance(shape, Scalar):
            return self._any(node, key) if shape is ANY else self._scalar(node, shape, key)
        if _is_null(node):
            return None
        if isinstance(shape, ListOf):
            return self._list(node, shape, key)
        return self._mapping(node, shape, key)

    def line(self, node: yaml.Node) -> int:
        """The line of ``node`` in the file as written."""
        return self.origin(node.start_mark.line + 1)

    def wrong(self, node: yaml.Node, key: str, what: str, hint: str = "") -> WrongInput:
        """The error to raise for what stands at ``node``."""
        return WrongInput(what, where=self.file, line=self.line(node), key=key or None, hint=hint or None)

    def pairs(self, node: yaml.Node, key: str) -> Iterator[Pair]:
        """Keys and values of a mapping in the order of the file, ``<<`` replaced by what it brings in."""
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value == "<<" and not name.style:
                # of several, the earlier takes precedence: it comes last
                sources = reversed(value.value) if isinstance(value, yaml.SequenceNode) else (value,)
                for source in sources:
                    if not isinstance(source, yaml.MappingNode):
                        raise self.wrong(value, f"{key}.<<", "only mappings can be merged", "write <<: *anchor")
                    yield from (pair._replace(merged=True) for pair in self.pairs(source, key))
            elif isinstance(name, yaml.ScalarNode):
                yield Pair(name, value, False)
            else:
                raise self.wrong(name, key, f"a key must be text, this is {_found(name)}")

    def _mapping(self, node: yaml.Node, shape: MapOf | Record, key: str) -> dict[str, Any]:
        if not isinstance(node, yaml.MappingNode):
            known = f"keys here: {_listed(shape.keys)}" if isinstance(shape, Record) else "write NAME: value lines"
            raise self.wrong(node, key, f"a mapping is wanted, this is {_found(node)}", known)
        values: dict[str, Any] = {}
        given: dict[str, int] = {}
        for pair in self.pairs(node, key):
            name = str(pair.key.value)
            path = f"{key}.{name}" if key else name
            if name in given and (isinstance(shape, MapOf) or not pair.merged):
                raise self.wrong(pair.key, path, f"given twice, first on line {given[name]}", "keep one of the two")
            if not pair.merged or isinstance(shape, MapOf):
                given[name] = self.line(pair.key)
            inner = shape.value if isinstance(shape, MapOf) else self._known(pair.key, shape, path)
            self.lines[path] = self.line(pair.key)
            value = self.read(pair.value, inner, path)
            values[name] = self._over(values.get(name), value, inner, pair.key, path)
        return values

    def _over(self, earlier: Any, value: Any, shape: Shape, node: yaml.Node, path: str) -> Any:
        """A mapping over one that ``<<`` brought in adds to it, anything else takes its place."""
        if not isinstance(earlier, dict) or not isinstance(value, dict):
            return value
        if isinstance(shape, MapOf) and (both := sorted(earlier.keys() & value.keys())):
            raise self.wrong(node, f"{path}.{both[0]}", "given here and by <<", "keep one of the two")
        return {**earlier, **value}

    def _known(self, node: yaml.Node, shape: Record, path: str) -> Shape:
        name = str(node.value)
        if name in shape.keys:
            return shape.keys[name]
        near = difflib.get_close_matches(name, shape.keys, n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        raise self.wrong(node, path, "unknown key", f"{guess}keys here: {_listed(shape.keys)}")

    def _list(self, node: yaml.Node, shape: ListOf, key: str) -> list[Any]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.wrong(node, key, f"a list is wanted, this is {_found(node)}", "write one '- item' a line")
        return [self.read(item, shape.item, f"{key}[{index}]") for index, item in enumerate(node.value)]

    def _scalar(self, node: yaml.Node, shape: Scalar, key: str) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            raise self.wrong(node, key, f"{_WANTED[shape.kind]} is wanted, this is {_found(node)}")
        if _is_null(node):
            return None if shape.optional else _EMPTY[shape.kind]
        text = str(node.value)
        if shape.kind == "text":
            return text
        value = None if node.style and shape.kind != "duration" else _PARSERS[shape.kind](text)
        if value is None:
            raise self.wrong(node, key, f"{_WANTED[shape.kind]} is wanted, this is {_found(node)}")
        return value

    def _any(self, node: yaml.Node, key: str) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._any_mapping(node, key)
        if isinstance(node, yaml.SequenceNode):
            return [self._any(item, key) for item in node.value]
        if _is_null(node):
            return None
        text = str(node.value)
        if not isinstance(node, yaml.ScalarNode) or node.style:
            return text
        parsed = (parse(text) for parse in (_boolean, _integer, _number))
        return next((value for value in parsed if value is not None), text)

    def _any_mapping(self, node: yaml.Node, key: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        given: set[str] = set()
        for pair in self.pairs(node, key):
            name = str(pair.key.value)
            if name in given and not pair.merged:
                raise self.wrong(pair.key, f"{key}.{name}", "given twice", "keep one of the two")
            given |= set() if pair.merged else {name}
            values[name] = self._any(pair.value, key)
        return values


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value in _NULLS


def _found(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "empty" if _is_null(node) else f"{node.value!r}"


def _listed(keys: Any) -> str:
    return ", ".join(sorted(keys))


def _boolean(text: str) -> bool | None:
    return True if text in _TRUE else False if text in _FALSE else None


def _integer(text: str) -> int | None:
    if not _INTEGER.fullmatch(text):
        return None
    digits = text.replace("_", "").lstrip("+")
    old_octal = re.fullmatch(r"-?0[0-7]+", digits)  # 010 is eight in YAML 1.1
    return int(digits, 8) if old_octal else int(digits, 0)


def _number(text: str) -> float | None:
    whole = _integer(text)
    if whole is not None:
        return float(whole)
    return float(text) if _NUMBER.fullmatch(text) else None


def _duration(text: str) -> str | None:
    return text if _DURATION.fullmatch(text) else None


_PARSERS: dict[str, Callable[[str], Any]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "duration": _duration,
}
