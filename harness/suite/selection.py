"""Which tests run, in what order and on which worker: by check, by stage, and by whether they disturb the lab."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.suite.catalogue import Check

CHECK, DISTURBS, WAITS = "check", "disturbs", "waits"
"""The suite's markers."""
LOOKING, DISTURBING = "looking", "disturbing"
"""Groups of tests under xdist; each group runs on one worker."""


def ids(item: pytest.Item) -> list[str]:
    """The checks that a test measures."""
    return [mark.args[0] for mark in item.iter_markers(CHECK)]


def wanted(option: str | None, items: Sequence[pytest.Item]) -> list[str]:
    """The ids of ``--check``. Raises ``UsageError`` for one that no test measures."""
    asked = [each.strip() for each in (option or "").split(",") if each.strip()]
    known = {each for item in items for each in ids(item)}
    if unknown := [each for each in asked if each not in known]:
        raise pytest.UsageError(f"--check: there is no check {unknown[0]!r}; checks: " + ", ".join(sorted(known)))
    return asked


def is_due(item: pytest.Item, asked: Collection[str], checks: Mapping[str, Check], stage: str) -> bool:
    """Whether a test was asked for and one of its checks is required at the stage; a test without checks always is,
    unless it needs a plan and the lab, whose stage is empty then, has none."""
    own = ids(item)
    if asked and not any(each in asked for each in own):
        return False
    if not own:
        return bool(stage) or "plan" not in getattr(item, "fixturenames", ())
    return any(stage in checks[each].stages for each in own if each in checks)


def uses_lab(item: pytest.Item) -> bool:
    """Whether a test asks for a lab, itself or through a fixture."""
    return "lab" in getattr(item, "fixturenames", ())


def module_of(item: pytest.Item) -> str:
    """The node id of a test's module: fixtures of a module see one lab, so a module disturbs as a whole."""
    return item.nodeid.partition("::")[0]


def disturbing_modules(items: Sequence[pytest.Item]) -> frozenset[str]:
    """The modules with a test that changes the lab."""
    return frozenset(module_of(item) for item in items if item.get_closest_marker(DISTURBS))


def disturbing_last(items: Sequence[pytest.Item], disturbing: Collection[str]) -> list[pytest.Item]:
    """First what only looks: what is left of a disturbance cannot spoil it then."""
    return sorted(items, key=lambda item: module_of(item) in disturbing)


def groups(items: Sequence[pytest.Item], disturbing: Collection[str], workers: int, *, up: bool) -> dict[str, str]:
    """Node id → group, of each test that uses a lab; one that has no group may run anywhere.

    What looks may be asked by all workers side by side if the lab is ``up`` already; else one worker brings it up and
    looks. The modules that disturb take turns over the others, each of which brings up one lab.
    """
    others = max(1, workers - 1)
    numbers = {module: index % others for index, module in enumerate(sorted(disturbing))}
    looking = {} if up else {each.nodeid: LOOKING for each in items if uses_lab(each)}
    disturbs = {each.nodeid: module for each in items if uses_lab(each) and (module := module_of(each)) in numbers}
    return looking | {test: f"{DISTURBING} {numbers[module]}" for test, module in disturbs.items()}
