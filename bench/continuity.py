"""The continuity probe under load: a hundred flows at ten milliseconds, and how late it is itself."""

from __future__ import annotations

import time

from bench.labs import lab
from bench.measure import Row, Table
from harness.drill.flows import usable
from harness.errors import CannotMeasure
from harness.history.history import History
from harness.lab.lab import Lab
from harness.plan.model import FAMILIES
from harness.probe.continuity import INTERVAL_SECONDS, PORT, Continuity, Flow

FLOWS, SECONDS = 100, 10.0
ENDS = ("viettel-citizen", "vnpt-citizen")
"""Two hosts of the Internet with no firewall between them: three routers on the way."""


def measure() -> Table:
    """Run all flows for a while on a lab that is at rest, and state what the probe cannot tell from an outage."""
    with lab("embedded") as (made, _):
        with Continuity(History(), flows(made)) as probe:
            time.sleep(SECONDS)  # the measurement itself: so long it runs
        results, jitter = probe.result(), probe.jitter
    if jitter is None:
        raise CannotMeasure("the probe told no jitter")
    ways = [way for each in results for way in (each.there, each.back)]
    worst = max(way.gap_ms for way in ways)
    kind = "real-time priority" if jitter.realtime else "no real-time priority"
    rows = (
        Row("flows", float(len(results)), "", None, f"every {INTERVAL_SECONDS * 1000:.0f} ms, both ways counted"),
        Row("packets lost on a network at rest", float(sum(way.sent - way.received for way in ways)), "", 0),
        Row("longest gap seen", worst, "ms"),
        Row("lateness of the probe itself, middle", jitter.p50_ms, "ms", None, kind),
        Row("lateness of the probe itself, 99 %", jitter.p99_ms, "ms", INTERVAL_SECONDS * 1000),
        Row("lateness of the probe itself, worst", jitter.max_ms, "ms"),
    )
    return Table("Continuity probe", rows)


def flows(made: Lab) -> list[Flow]:
    """The flows: either family, from either end, on ports of their own."""
    pairs = [(a, b, family) for a, b in (ENDS, ENDS[::-1]) for family in FAMILIES]
    return [
        Flow(f"{a} {b} ipv{family} {port}", made.node(a), family, usable(made.node(b), family), made.node(b), port)
        for port in range(PORT, PORT + FLOWS // len(pairs))
        for a, b, family in pairs
    ]
