"""The checks that do not disturb, on a warm lab: green, and with one mistake that turns many of them red."""

from __future__ import annotations

import re
import subprocess
import sys
import time

from bench.labs import lab
from bench.measure import Row, Table
from harness.lab.lab import Lab

WARM_SECONDS, RED_RATIO = 30.0, 1.5
MISTAKE = "insert rule inet filter forward meta nfproto ipv6 drop"
"""On both firewalls of the data centre: IPv6 goes silent between zones, the worst that a waiting suite can meet."""
FIREWALLS = ("fw1", "fw2")


def measure() -> Table:
    """Run the suite on one lab three times: warming up, green, red."""
    with lab("embedded") as (made, _):
        _suite(made)
        green, said = _suite(made)
        for node in FIREWALLS:
            made.exec(node, "nft", MISTAKE)
        red, said_red = _suite(made)
    rows = (
        Row("all checks that do not disturb, warm lab", green, "s", WARM_SECONDS, said),
        Row("the same with one mistake ÷ without", red / green, "×", RED_RATIO, f"{red:.1f} s, {said_red}"),
    )
    return Table("Checks", rows)


def _suite(made: Lab) -> tuple[float, str]:
    """Seconds, and the last line of pytest."""
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-m", "not disturbs"]
    started = time.monotonic()
    done = subprocess.run([*argv, "--lab", made.name, "tests/checks"], capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    lines = done.stdout.strip().splitlines() or [done.stderr.strip()[-200:]]
    return seconds, re.sub(r"[=|]+", "", lines[-1]).strip()
