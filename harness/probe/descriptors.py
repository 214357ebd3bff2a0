"""Room for many sockets at once: a scan of thousands of ports needs more descriptors than a shell allows."""

from __future__ import annotations

import os
import resource

SPARE = 128
"""Descriptors left to everybody else in this process."""


def room_for(wanted: int) -> int:
    """How many sockets of ``wanted`` may be open at once; the soft limit is raised towards the hard one for it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - every connection asks, and paths cost more than the question
    needed = wanted + used + SPARE
    if needed > soft:
        soft = min(needed, hard) if hard != resource.RLIM_INFINITY else needed
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(wanted, soft - used - SPARE))
