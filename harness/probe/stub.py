"""Names looked up as programs do it: by a node's own C library, with its servers and time-outs (resolv.conf(5))."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.node import Node
from harness.probe.program import run

PROGRAM = """
import json, socket, sys, time
found = []
for name in sys.argv[1:]:
    began = time.monotonic()
    try:
        socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)
        said = "found"
    except socket.gaierror as error:
        said = {socket.EAI_NONAME: "no such name", socket.EAI_NODATA: "no address"}.get(error.errno, "")
    found.append([time.monotonic() - began, said])
    if not said:
        break
print(json.dumps(found))
"""
MOST_SECONDS = 40.0
"""Three servers, twice five seconds each, before there is no answer; and a start of Python on a busy machine."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """One name: how long it took, and what was said: empty if no server gave an answer. "No such name" is one."""

    host: str
    name: str
    seconds: float
    said: str


def look_up(history: History, host: Node, names: Sequence[str]) -> tuple[LookedUp, ...]:
    """Look the names up, one after another, no further than one without an answer; end them in a dot, lest they be
    searched for in the host's domains.

    Written to the history. Raises ``CannotMeasure`` if it cannot be done at all.
    """
    at = time.monotonic()
    answer = run(host, ("python3", "-c", PROGRAM, *names), timeout=MOST_SECONDS * (len(names) + 1) / 2)
    try:
        found = tuple(
            LookedUp(host.name, name, float(took), str(said))
            for name, (took, said) in zip(names, json.loads(answer), strict=False)
        )
    except ValueError as error:
        raise CannotMeasure(f"looking names up in {host.name} gave {answer[:80]!r}") from error
    data = [{"name": each.name, "seconds": round(each.seconds, 4), "said": each.said} for each in found]
    history.append("probe.stub", host.name, {"looked_up": data}, at)
    return found
