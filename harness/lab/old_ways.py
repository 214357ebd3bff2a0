"""A router keeps the way that it has until the new one is there: out of its new configuration, the one with both.

Where BGP takes the place of static routes, taking those away in the same breath cuts what they carried for as long as
the sessions need. Whoever does it by hand brings BGP up beside them (their distance is smaller, so nothing moves),
looks that BGP knows the same destinations, and only then takes the static ones away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial

from harness.errors import CannotMeasure
from harness.lab.lab import Lab
from harness.lab.node_change import NodeChange
from harness.lab.silent_sessions import FILE, established, external, neighbours
from harness.node import Node
from harness.probe.frr import frr
from harness.wait import Condition, Deadline, until

TAKEN_SECONDS = 10.0
"""A new session stands after 2 to 4 s and has said all it knows a second later. What does not come at all is a matter
for convergence."""

_STATIC = re.compile(r"(ip|ipv6) route (\S+) ")
_DEFAULT = re.compile(r" (default-information) originate")
_ORIGIN = re.compile(r"  (network) (\S+)")
_FAMILY = {"ip": "ipv4", "ipv6": "ipv6"}

Block = tuple[str, ...]
"""The heads of the blocks around a line, the outermost first."""


def with_ways_of(text: str, other: str) -> str | None:
    """A router's configuration with the ways that only ``other`` has; ``None`` where none has to be kept.

    Only where ``text`` has BGP neighbours that ``other`` has not: nothing else takes the place of a way.
    """
    missing = _missing(text, other)
    if not missing or not neighbours(text) - neighbours(other):
        return None
    kept = []
    for block, line in _lines(text):
        kept += [line, *missing.get((*block, line.strip()), ())]
    return "\n".join([*kept, *missing.get((), ())]) + "\n"


def leaves_inner_bgp(text: str, other: str) -> bool:
    """Whether a router whose BGP neighbours are all of its own AS has none by ``other``.

    On the way back such routers go before the borders: they have heard of other ways by then, while what a border still
    told them in the middle of going might lead out by somebody who has stopped to take their packets.
    """
    return bool(neighbours(text)) and not external(text) and not neighbours(other)


def _missing(text: str, other: str) -> dict[Block, list[str]]:
    """Block that both have → lines of ``other`` that put something there for which ``text`` has nothing."""
    blocks, known = {block for block, _ in _lines(text)}, _ways(text)
    missing: dict[Block, list[str]] = {}
    for (block, what), line in _ways(other).items():
        if (block, what) not in known and block in blocks:
            missing.setdefault(block, []).append(line)
    return missing


def _ways(text: str) -> dict[tuple[Block, tuple[str, ...]], str]:
    """Block and what there is one of in it → the line."""
    found = {}
    for block, line in _lines(text):
        if match := (_STATIC, _DEFAULT, _ORIGIN)[min(len(block), 2)].match(line):
            found[block, match.groups()] = line
    return found


def _lines(text: str) -> Iterator[tuple[Block, str]]:
    """Each line with the blocks around it: one column deeper is one block further in."""
    around: list[str] = []
    for line in text.splitlines():
        del around[len(line) - len(line.lstrip()) :]
        yield tuple(around), line
        around.append(line.strip())


def wait_until_taken(lab: Lab, nodes: Iterable[NodeChange]) -> None:
    """Wait, for ``TAKEN_SECONDS`` at most, until BGP has the destinations that all ``nodes`` lose other ways to."""
    wanted = [Condition(f"bgp {each.node}", partial(_not_taken, lab, each)) for each in nodes]
    until(wanted, Deadline.after(TAKEN_SECONDS))


def _not_taken(lab: Lab, change: NodeChange) -> str | None:
    new, node = change.text("new", FILE), lab.node(change.node)
    lost = _ways(change.text("old", FILE)).keys() - _ways(new).keys()
    try:
        if absent := neighbours(new) - established(node):
            return f"no session with {', '.join(sorted(absent))}"
        for _, what in lost:
            if what[0] in _FAMILY and not _learned(node, *what):
                return f"nobody tells of {what[1]}"
    except CannotMeasure as error:
        return str(error)
    return None


def _learned(node: Node, ip: str, destination: str) -> bool:
    """Whether a router has heard of a destination by BGP; what it says itself is not heard."""
    answer = frr(None, node, "bgpd", f"show bgp {_FAMILY[ip]} unicast {destination} json")
    return any(not path.get("sourced") for path in answer.get("paths", ()))
