"""After a change of names, the world's caches go on with what they heard before; who goes on must wait for them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.lab.node_change import NodeChange
from harness.wait import Condition, Deadline, until

ZONES = "etc/bind/zones/"
_TTL = re.compile(rb"^\$TTL (\d+)", re.MULTILINE)


def kept_seconds(nodes: Iterable[NodeChange]) -> int:
    """How long caches may keep an answer, or that there is none, out of a zone that changes (RFC 1035 section 3.2.1,
    RFC 2308 section 5: the zones here say the same for both); 0 where no zone changes."""
    files = (file for each in nodes for file in each.files if file.path.startswith(ZONES))
    sides = (side for file in files for side in (file.old, file.new) if side)
    return max((int(found) for side in sides for found in _TTL.findall(side.content)), default=0)


def wait_until_forgotten(nodes: Iterable[NodeChange]) -> None:
    """Wait until no cache can hold what the zones of ``nodes`` said before: an address that is withdrawn is used until
    then, and the service behind it must still be there; a name that is new is not seen by everybody before."""
    forgotten = Deadline.after(kept_seconds(nodes))
    left = Condition("caches have forgotten", lambda: f"for {forgotten.left:.1f} s" if forgotten.left else None)
    until([left], Deadline(forgotten.at + 1))
