"""What one probe saw: the form in which measurements reach the history and the judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.history.event import Event
from harness.history.history import History

Family = Literal[4, 6]

Answer = Literal["reply", "refusal", "silence", "unreachable"]
"""*reply*: what was asked for came; *refusal*: the one that was asked said no (a TCP reset, a closed UDP port);
*unreachable*: somebody on the way said that it cannot be delivered; *silence*: nothing came in time."""

PREFIX = "probe."
"""An event of a probe has the kind ``probe.`` and the probe's kind."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One measurement from one node.

    ``at`` is when the answer came, or was given up (CLOCK_MONOTONIC seconds). ``asked`` is the question with its
    address and options, ``by`` the address that answered (or the node's own name where its kernel did), ``data``
    what the answer says, parsed, ``raw`` the answer as it came. ``event`` refers to the history, empty before it is
    recorded.
    """

    at: float
    node: str
    family: Family
    kind: str
    asked: Mapping[str, Any]
    answer: Answer
    by: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    raw: bytes | str = b""
    event: str = ""


def record(history: History, seen: Seen) -> Seen:
    """Append ``seen`` to the history; the same with its reference is returned."""
    data = {name: getattr(seen, name) for name in ("family", "asked", "answer", "by", "data", "raw")}
    event = history.append(PREFIX + seen.kind, seen.node, data, seen.at)
    fields = {
        name: getattr(seen, name) for name in ("at", "node", "family", "kind", "asked", "answer", "by", "data", "raw")
    }
    return Seen(**fields, event=event.reference)


def from_event(event: Event) -> Seen:
    """What a probe's event says. ``raw`` stays as the history has it (bytes as hexadecimal text)."""
    if not event.kind.startswith(PREFIX):
        raise ValueError(f"event {event.reference} is a {event.kind}, not a probe's")
    return Seen(event.at, event.node, kind=event.kind.removeprefix(PREFIX), event=event.reference, **event.data)
