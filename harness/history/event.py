"""One entry of the history, and how it is written as a line of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
SCALARS = frozenset({type(None), bool, int, float, str})


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a probe saw or the lab did.

    ``number`` counts from 1 within one file of the history, ``at`` is CLOCK_MONOTONIC in seconds (one clock for all
    processes of a machine), ``wall`` the same instant as ISO 8601 in UTC. ``kind`` is dotted (``probe.icmp``,
    ``lab.stage``); ``node`` is empty where no node is concerned; ``data`` holds JSON values only.
    ``worker`` names the process that wrote it where several did.
    """

    number: int
    at: float
    wall: str
    kind: str
    node: str
    data: Mapping[str, Any]
    worker: str = ""

    @property
    def reference(self) -> str:
        """How evidence points at this event: ``17``, or ``gw1:17`` where several processes wrote."""
        return f"{self.worker}:{self.number}" if self.worker else str(self.number)


def to_line(event: Event) -> str:
    """``event`` as one line of JSON, without the line's end."""
    fields = {name: getattr(event, name) for name in ("number", "at", "wall", "kind", "node", "data")}
    if event.worker:
        fields["worker"] = event.worker
    return ENCODER.encode(fields)


def from_line(line: str) -> Event:
    """The event that ``to_line`` wrote. Raises ``ValueError`` if the line is none."""
    try:
        return Event(**json.loads(line))
    except TypeError as error:
        raise ValueError(f"not an event: {error}") from error


def plain(value: Any) -> Any:
    """``value`` as JSON can hold it: bytes as hexadecimal, mappings and sequences copied, all else as text."""
    kind = type(value)  # nearly all is of these kinds, and a check has thousands of events
    if kind in SCALARS:
        return value
    if kind is dict:
        return {key if type(key) is str else str(key): plain(each) for key, each in value.items()}
    if kind is list or kind is tuple:
        return [plain(each) for each in value]
    return _plain_of_another_kind(value)


def _plain_of_another_kind(value: Any) -> Any:
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, Mapping):
        return plain(dict(value))
    if isinstance(value, Sequence | set | frozenset):
        return plain(list(value))
    return str(value)
