"""The kinds of breakage by name, in one literal table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.fault.base import Fault
from harness.fault.carrier import Carrier
from harness.fault.carrier_one_end import CarrierOneEnd
from harness.fault.silence import Silence
from harness.fault.stopped import Stopped
from harness.topology.model import Link

KINDS: Mapping[str, Callable[[Link], Fault]] = {
    "carrier": Carrier,
    "carrier-one-end": lambda link: CarrierOneEnd(link, link.a.node),
    "silence": Silence,
    "silence-ipv4": lambda link: Silence(link, family=4),
    "silence-ipv6": lambda link: Silence(link, family=6),
    "silence-one-way": lambda link: Silence(link, towards=link.a.node),
}
"""Each makes the breakage of a link; those with one side break it at its first end."""

SIDED: Mapping[str, Callable[[Link, str], Fault]] = {
    "carrier": Carrier,
    "carrier-one-end": CarrierOneEnd,
    "silence-one-way": lambda link, at: Silence(link, towards=at),
}
"""Those that can be told at which end: the node there is the second argument."""

NODES: Mapping[str, Callable[[str], Fault]] = {
    "killed": lambda node: Stopped(node, "kill"),
    "frozen": lambda node: Stopped(node, "freeze"),
}
"""Each makes the breakage of a node."""
