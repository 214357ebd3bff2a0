"""Judges of planned work on a border: it costs nothing, and nothing of it stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.plan.model import Family
from harness.verdict.verdict import Finding


@dataclass(frozen=True, slots=True)
class Learnt:
    """A path that a router has learnt from a neighbour."""

    router: str
    family: Family
    prefix: str
    neighbour: str

    def __str__(self) -> str:
        return f"{self.router} IPv{self.family} {self.prefix} from {self.neighbour}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What both ends of a border's sessions hold: each path's preference and communities (in words), and what the
    border runs and has in the file that it starts from."""

    paths: Mapping[Learnt, str]
    running: str
    startup: str


def moved(drained: bool, returned: bool, router: str) -> tuple[Finding, ...]:
    """Flows have left a border before its sessions go (RFC 8326 section 4.1), and are back afterwards."""
    left = () if drained else (Finding(router, "flows have not left it although it is drained", "all elsewhere"),)
    back = () if returned else (Finding(router, "flows have not returned to it", "all as before"),)
    return left + back


def undone(router: str, before: Standing, after: Standing) -> tuple[Finding, ...]:
    """Preferences, communities and the configuration are what they were, and nothing was saved."""
    keys = sorted(before.paths.keys() | after.paths.keys(), key=str)
    findings = tuple(
        Finding(str(each), after.paths.get(each, "no path"), before.paths.get(each, "no path"))
        for each in keys
        if before.paths.get(each) != after.paths.get(each)
    )
    if before.running != after.running:
        findings += (
            Finding(router, f"runs another configuration: {_first(before.running, after.running)}", "as before"),
        )
    if before.startup != after.startup:
        findings += (Finding(router, f"another was saved: {_first(before.startup, after.startup)}", "as before"),)
    return findings


def _first(before: str, after: str) -> str:
    """The first line that only one of them has, and how many there are."""
    was, now = before.splitlines(), after.splitlines()
    lines = [f"now {line.strip()!r}" for line in now if line not in was]
    lines += [f"no longer {line.strip()!r}" for line in was if line not in now]
    return f"{lines[0]} and {len(lines) - 1} more" if len(lines) > 1 else "".join(lines) or "in another order"
