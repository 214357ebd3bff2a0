"""Whatever happens to `up`, `down` leaves nothing."""

from __future__ import annotations

import random
import signal
import subprocess
import time

from tests.engine.traces import traces

MOMENTS = 4
LAST = 0.6
"""Later an `up` only waits for convergence, with all of the lab there: one moment of four may lie in that."""


def test_an_up_that_is_killed_or_interrupted_at_any_moment_leaves_nothing_after_down(own):
    started = time.monotonic()
    assert own.up("--stage", "00-baseline").returncode == 0
    whole = time.monotonic() - started
    assert own.v6lab("down", own.lab).returncode == 0
    assert traces(own.lab) == []
    for number in range(MOMENTS):
        moment = random.uniform(0.02, LAST if number else 1.02) * whole
        how = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)[number % 3]
        begun = own.begin("up", "--name", own.lab, "--stage", "00-baseline")
        try:
            begun.wait(moment)
        except subprocess.TimeoutExpired:
            begun.send_signal(how)
        said, _ = begun.communicate(timeout=60)
        down = own.v6lab("down", own.lab)
        where = f"{how.name} {moment:.2f} s of {whole:.2f} s in: {said}{down.stderr}"
        assert (down.returncode, traces(own.lab)) == (0, []), where
        assert "Traceback" not in said, where
