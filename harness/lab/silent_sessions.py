"""New BGP sessions come up before they say anything: out of a router's new configuration, the one without a word.

An operator who brings a session up sends nothing on it until it stands and what it leads to is protected (RFC 8212 is
the default of that; here it is said). A router that had no session before is left as it is: its sessions take the place
of the way that it had, and nobody would be served by silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

from harness.errors import CannotMeasure
from harness.lab.lab import Lab
from harness.lab.node_change import NodeChange
from harness.node import Node
from harness.probe.frr import frr
from harness.wait import Condition, Deadline, until

FILE = "etc/frr/frr.conf"
NOTHING = "RM-SAY-NOTHING"
POLICY = f"!\nroute-map {NOTHING} deny 10\nexit\n"
STANDS_SECONDS = 8.0
"""A session stands 2 to 4 s after both ends have it. One that does not is a matter for convergence, not for the order."""
ESTABLISHED = "Established"

_OWN = re.compile(r"^router bgp (\d+)", re.MULTILINE)
_NEIGHBOUR = re.compile(r"^ neighbor (\S+) remote-as (\S+)", re.MULTILINE)


def neighbours(text: str) -> frozenset[str]:
    """The BGP neighbours of a configuration."""
    return frozenset(address for address, _ in _NEIGHBOUR.findall(text))


def external(text: str) -> frozenset[str]:
    """Those of them that are in another AS."""
    own = _OWN.search(text)
    return frozenset(address for address, number in _NEIGHBOUR.findall(text) if own and number != own.group(1))


def fresh(old: str, new: str) -> frozenset[str]:
    """The external neighbours that a router gets beside sessions which it has already."""
    if not _OWN.search(old):
        return frozenset()
    return external(new) - neighbours(old)


def silent(old: str, new: str) -> str | None:
    """The new configuration with fresh sessions that announce nothing; ``None`` if there are none."""
    found = fresh(old, new)
    lines = [_hushed(line, found) for line in new.splitlines()]
    text = "\n".join(lines) + "\n"
    return text + POLICY if text.rstrip("\n") != new.rstrip("\n") else None


def _hushed(line: str, neighbours: frozenset[str]) -> str:
    words = line.split()
    if len(words) == 5 and words[:3:2] == ["neighbor", "route-map"] and words[4] == "out" and words[1] in neighbours:
        return line.replace(words[3], NOTHING)
    return line


def wait_until_they_stand(lab: Lab, nodes: Iterable[NodeChange]) -> None:
    """Wait for the fresh sessions of all ``nodes``, for ``STANDS_SECONDS`` at most."""
    wanted = [Condition(f"bgp {each.node}", partial(_missing, lab, each)) for each in nodes]
    until(wanted, Deadline.after(STANDS_SECONDS))


def _missing(lab: Lab, change: NodeChange) -> str | None:
    try:
        up = established(lab.node(change.node))
    except CannotMeasure as error:
        return str(error)
    left = fresh(change.text("old", FILE), change.text("new", FILE)) - up
    return f"no session with {', '.join(sorted(left))}" if left else None


def established(node: Node) -> frozenset[str]:
    """The neighbours that a router has an established session with. Raises ``CannotMeasure``."""
    answer = frr(None, node, "bgpd", "show bgp summary json")
    return frozenset(
        peer
        for table in answer.values()
        if isinstance(table, dict)
        for peer, each in table.get("peers", {}).items()
        if each.get("state") == ESTABLISHED
    )
