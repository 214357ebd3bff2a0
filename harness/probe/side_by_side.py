"""Questions that wait on the network, asked on threads of their own: many take the time of the slowest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

MOST_THREADS = 64

Ask = TypeVar("Ask")
Found = TypeVar("Found")


def side_by_side(one: Callable[[Ask], Found], asks: Sequence[Ask], most: int = MOST_THREADS) -> list[Found]:
    """``one`` of each ask, ``most`` at once, in the order of ``asks``. The first exception is raised when all have ended."""
    if not asks:
        return []
    with ThreadPoolExecutor(max_workers=min(most, len(asks)), thread_name_prefix="probe") as pool:
        try:
            return list(pool.map(one, asks))
        except KeyboardInterrupt:  # what has not begun is not begun for somebody who wants to leave
            pool.shutdown(wait=False, cancel_futures=True)
            raise
