"""A YAML node with its place: so that every message can name file, line and key path."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml

from harness.errors import WrongInput

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Section:
    """One node of a YAML document. Keys keep the type that YAML gives them (``4`` is a number)."""

    def __init__(self, file: Path, path: str, node: yaml.Node, value: Any) -> None:
        self._file, self.path, self._node, self.value = file, path, node, value

    @property
    def line(self) -> int:
        """The line where this node begins, from 1."""
        return int(self._node.start_mark.line) + 1

    def wrong(self, what: str, hint: str = "correct this line, then try v6lab plan lint") -> WrongInput:
        """An error at this place, to be raised."""
        return WrongInput(what, where=self._file, line=self.line, key=self.path or None, hint=hint)

    def __contains__(self, key: object) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def get(self, key: int | str, default: Any) -> Any:
        """The bare value under a key."""
        return self.value.get(key, default) if isinstance(self.value, dict) else default

    def child(self, key: int | str) -> Section:
        """The node under a key that must be there."""
        for name, section in self._pairs():
            if name == key:
                return section
        raise self.wrong(f"`{key}` is missing", f"add `{key}:` here")

    def _pairs(self) -> Iterator[tuple[Any, Section]]:
        if not isinstance(self._node, yaml.MappingNode) or not isinstance(self.value, dict):
            raise self.wrong("a mapping is expected here", "write `key: value` pairs")
        for (_, value_node), (key, value) in zip(self._node.value, self.value.items(), strict=True):
            yield key, Section(self._file, f"{self.path}.{key}" if self.path else str(key), value_node, value)

    def children(self) -> Iterator[tuple[str, Section]]:
        """All pairs of this mapping."""
        return ((str(key), section) for key, section in self._pairs())

    def items(self, key: str) -> Iterator[tuple[str, Section]]:
        """All pairs of the mapping under ``key``; none where the key is absent."""
        return self.child(key).children() if key in self else iter(())

    def list(self, key: str) -> list[Section]:
        """The entries of the list under ``key``; none where the key is absent."""
        if key not in self:
            return []
        section = self.child(key)
        if not isinstance(section._node, yaml.SequenceNode):
            raise section.wrong("a list is expected here")
        return [
            Section(self._file, f"{section.path}[{number}]", node, value)
            for number, (node, value) in enumerate(zip(section._node.value, section.value, strict=True))
        ]

    def text(self, key: str) -> str:
        """The text under a key that must be there."""
        return self.child(key).as_text()

    def as_text(self) -> str:
        """This scalar as it was written (so that `10` stays `10` and is not a number yet)."""
        if not isinstance(self._node, yaml.ScalarNode):
            raise self.wrong("a single value is expected here")
        return str(self._node.value)

    def as_int(self) -> int:
        """This scalar as a decimal number."""
        try:
            return int(self.as_text(), 10)
        except ValueError as error:
            raise self.wrong(f"{self.as_text()!r} is not a whole number") from error

    def filled(self, key: str) -> tuple[Section, ...]:
        """The entries of the list under a key that must be there; it must have one."""
        section = self.child(key)
        if not (found := self.list(key)):
            raise section.wrong("an empty list", "write at least one entry")
        return tuple(found)

    def one_of(self, names: Collection[str], noun: str = "") -> str:
        """This scalar, which must be one of ``names``; ``noun`` says what they are names of."""
        text = self.as_text()
        if text not in names:
            what = f"there is no {noun} {text!r}" if noun else f"there is no {text!r}"
            raise self.wrong(what, (f"{noun}s: " if noun else "choose one of: ") + ", ".join(names))
        return text

    def only(self, keys: Collection[int | str]) -> None:
        """Refuse keys other than these, and keys given twice."""
        seen: set[Any] = set()
        if not isinstance(self._node, yaml.MappingNode):
            raise self.wrong("a mapping is expected here", "write `key: value` pairs")
        for key_node, _ in self._node.value:
            key = int(key_node.value) if key_node.tag.endswith(":int") else key_node.value
            line = int(key_node.start_mark.line) + 1
            where = f"{self.path}.{key}" if self.path else str(key)
            if key not in keys:
                known = ", ".join(sorted(map(str, keys)))
                raise WrongInput(
                    "no such key", where=self._file, line=line, key=where, hint=f"keys that exist here: {known}"
                )
            if key in seen:
                raise WrongInput("given twice", where=self._file, line=line, key=where, hint="keep one of them")
            seen.add(key)

    def lines(self) -> dict[str, int]:
        """Key path → line, for all below this node."""
        found: dict[str, int] = {}
        stack = [self]
        while stack:
            section = stack.pop()
            found[section.path] = section.line
            if isinstance(section._node, yaml.MappingNode):
                stack.extend(child for _, child in section._pairs())
            elif isinstance(section._node, yaml.SequenceNode):
                stack.extend(
                    Section(self._file, f"{section.path}[{number}]", node, value)
                    for number, (node, value) in enumerate(zip(section._node.value, section.value, strict=True))
                )
        return found


def read_sections(file: Path) -> Section:
    """Read a document. Raises ``WrongInput`` with file and line for what is no text, not YAML, empty or given twice."""
    try:
        return _parse(file, file.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongInput(error.strerror or str(error), where=file, hint="give a file that can be read") from error
    except UnicodeDecodeError as error:
        raise WrongInput(f"is not UTF-8 text (byte {error.start})", where=file, hint="save it as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        hint = "mend the indentation, quotes or brackets at or just above this line"
        raise WrongInput(f"not YAML: {error.problem}", where=file, line=line, hint=hint) from error
    except yaml.YAMLError as error:
        raise WrongInput(
            f"not YAML: {str(error).splitlines()[0]}", where=file, hint="take that character out"
        ) from error
    except RecursionError as error:
        hint = "take the alias out of its anchor"
        raise WrongInput("an anchor contains itself", where=file, hint=hint) from error


def _parse(file: Path, text: str) -> Section:
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise WrongInput("the file is empty", where=file)
        _refuse_duplicates(file, node, "")
        value = loader.construct_document(node)
    finally:
        loader.dispose()
    return Section(file, "", node, value)


def _refuse_duplicates(file: Path, node: yaml.Node, path: str) -> None:
    if isinstance(node, yaml.SequenceNode):
        for number, child in enumerate(node.value):
            _refuse_duplicates(file, child, f"{path}[{number}]")
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key_node, child in node.value:
        key = f"{path}.{key_node.value}" if path else str(key_node.value)
        if key in seen:
            raise WrongInput(
                "given twice", where=file, line=key_node.start_mark.line + 1, key=key, hint="keep one of them"
            )
        seen.add(key)
        _refuse_duplicates(file, child, key)
