"""Runs a set-up command to its end, showing its lines as phases and keeping the last of them for an error."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from harness.errors import LabFailed

LINES_KEPT = 20


def run(
    argv: Sequence[str | Path],
    phase: Callable[[str], None] | None = None,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> None:
    """Run ``argv``; ``phase`` hears each line that it prints. Raises ``LabFailed`` with the last lines."""
    words = [str(word) for word in argv]
    last: deque[str] = deque(maxlen=LINES_KEPT)
    with subprocess.Popen(
        words,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip():
                last.append(line.rstrip())
                if phase:
                    phase(line.strip())
    if process.returncode:
        shown = "\n  ".join(last)
        raise LabFailed(f"{' '.join(words[:4])} … ended with code {process.returncode}:\n  {shown}")
