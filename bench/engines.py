"""The same file on both engines: from the command to a converged lab, and where the time goes."""

from __future__ import annotations

import time
from statistics import median

from bench.labs import lab
from bench.measure import Row, Table, spread
from harness.errors import HarnessError

ALLOWED = 0.65
"""Embedded by containerlab, up and converged, everything cached."""


def measure(rounds: int) -> Table:
    """Bring the pilot up by turns on either engine."""
    totals: dict[str, list[float]] = {"embedded": [], "containerlab": []}
    phases: dict[str, list[dict[str, float]]] = {"embedded": [], "containerlab": []}
    missing = ""
    for _ in range(rounds):
        for engine in totals:
            if engine == "containerlab" and missing:
                continue
            try:
                started = time.monotonic()
                with lab(engine) as (_, spent):
                    totals[engine].append(time.monotonic() - started)
                    phases[engine].append(spent)
            except HarnessError as error:
                missing = str(error).splitlines()[0]
                if engine == "embedded":
                    raise
    embedded, other = totals["embedded"], totals["containerlab"]
    ratio = median(embedded) / median(other) if other else None
    rows = [
        Row(
            "up and converged, embedded ÷ containerlab", ratio, "×", ALLOWED, missing or f"containerlab {spread(other)}"
        )
    ]
    for engine, series in totals.items():
        if series:
            rows.append(Row(f"{engine}: up and converged", median(series), "s", None, spread(series)))
            rows += [
                Row(f"{engine}: {phase}", median([each.get(phase, 0.0) for each in phases[engine]]), "s")
                for phase in phases[engine][0]
            ]
    return Table("Engines", tuple(rows))
