"""What a node gets from its own body, its group, its kind and the defaults, as containerlab merges them.

Scalars: the most specific that is set. Mappings: one over the other, the more specific key winning. Lists: one after
the other from the defaults to the node, a value that came already is not repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Body = Mapping[str, Any]


class Given(NamedTuple):
    """A value and the key path that gave it."""

    value: Any
    key: str


@dataclass(frozen=True, slots=True)
class Level:
    """One of the places that speak for a node."""

    key: str
    body: Body


@dataclass(frozen=True, slots=True)
class Levels:
    """All places that speak for one node, the most specific first."""

    levels: tuple[Level, ...]

    def scalar(self, name: str, default: Any = "") -> Given:
        """The most specific value that is set; ``default`` and the node's own path where none is."""
        for level in self.levels:
            if is_set(level.body.get(name)):
                return Given(level.body[name], f"{level.key}.{name}")
        return Given(default, f"{self.levels[0].key}.{name}")

    def mapping(self, name: str) -> dict[str, str]:
        """All keys, the more specific winning."""
        merged: dict[str, str] = {}
        for level in reversed(self.levels):
            merged |= level.body.get(name) or {}
        return merged

    def items(self, name: str) -> tuple[Given, ...]:
        """All items of the lists, from the defaults to the node, each once."""
        seen: dict[str, Given] = {}
        for level in reversed(self.levels):
            for at, item in enumerate(level.body.get(name) or ()):
                seen.setdefault(item, Given(item, f"{level.key}.{name}[{at}]"))
        return tuple(seen.values())


def is_set(value: Any) -> bool:
    """Whether containerlab takes a value as given: not absent, empty or zero; ``false`` is given."""
    return isinstance(value, bool) or bool(value)


def kind_of(topology: Body, name: str) -> str:
    """A node's kind as written: its own, its group's, the default group's, the default; empty where there is none."""
    body, groups, defaults = (
        _body(topology, "nodes", name),
        topology.get("groups") or {},
        topology.get("defaults") or {},
    )
    group = groups.get(body.get("group") or "") or {}
    default_group = groups.get(defaults.get("group") or "") or {}
    return str(body.get("kind") or group.get("kind") or default_group.get("kind") or defaults.get("kind") or "")


def group_of(topology: Body, name: str) -> str:
    """A node's group: its own, its kind's, the default one. A node without a body takes the default at once."""
    body, defaults = _body(topology, "nodes", name), topology.get("defaults") or {}
    by_kind = _body(topology, "kinds", kind_of(topology, name)) if _has_body(topology, name) else {}
    return str(body.get("group") or by_kind.get("group") or defaults.get("group") or "")


def levels_of(topology: Body, name: str) -> Levels:
    """The places that speak for the node ``name``."""
    kind, group = kind_of(topology, name), group_of(topology, name)
    return Levels(
        (
            Level(f"topology.nodes.{name}", _body(topology, "nodes", name)),
            Level(f"topology.groups.{group}", _body(topology, "groups", group)),
            Level(f"topology.kinds.{kind}", _body(topology, "kinds", kind)),
            Level("topology.defaults", topology.get("defaults") or {}),
        )
    )


def _body(topology: Body, section: str, name: str) -> Body:
    return (topology.get(section) or {}).get(name) or {}


def _has_body(topology: Body, name: str) -> bool:
    return topology["nodes"][name] is not None
