"""What changed between two states, as a JSON Merge Patch (RFC 7396): what a page is sent after it has the whole.

A state holds no null, for in a patch null means that a member is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Document: TypeAlias = Mapping[str, Any]
_MISSING = object()


def difference(old: Document, new: Document) -> dict[str, Any]:
    """The patch that makes ``new`` of ``old``; empty if they are equal. Lists are sent whole."""
    patch: dict[str, Any] = {name: None for name in old if name not in new}
    for name, value in new.items():
        before = old.get(name, _MISSING)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            if value is not before and (inner := difference(before, value)):
                patch[name] = inner
        elif before != value:
            patch[name] = value
    return patch


def merged(target: Document, patch: Document) -> dict[str, Any]:
    """``target`` with the patch applied, as the page does it; neither is changed."""
    found = dict(target)
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        elif isinstance(value, Mapping):
            before = found.get(name)
            found[name] = merged(before if isinstance(before, Mapping) else {}, value)
        else:
            found[name] = value
    return found
