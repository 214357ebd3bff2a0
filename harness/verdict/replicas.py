"""Judges of the copies of a zone: all have the same, those that are to copy it may, and nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.history.seen import Seen
from harness.verdict.verdict import Finding

NO = ("REFUSED", "NOTAUTH")
"""What a server says that gives nothing: to an address that may not, or to a key that it does not know."""


def agree(zone: str, serials: Mapping[str, int | None]) -> tuple[Finding, ...]:
    """Every server gives the same serial, however it is asked: place → serial, ``None`` if it gave none."""
    silent = [
        Finding(zone, f"{place} gives no serial", "an SOA") for place, serial in serials.items() if serial is None
    ]
    held = {serial for serial in serials.values() if serial is not None}
    if len(held) < 2:
        return tuple(silent)
    text = ", ".join(f"{serial} at {place}" for place, serial in serials.items() if serial is not None)
    return (*silent, Finding(zone, f"serials differ: {text}", "one serial"))


def allowed(places: Sequence[tuple[str, Seen]]) -> tuple[Finding, ...]:
    """Each transfer has come whole."""
    return tuple(
        Finding(where, f"the transfer is not given: {_said(seen)}", "the zone", seen.event)
        for where, seen in places
        if not (seen.answer == "reply" and seen.data["rcode"] == "NOERROR" and seen.data["records"])
    )


def refused(places: Sequence[tuple[str, Seen]]) -> tuple[Finding, ...]:
    """Each transfer has been refused in so many words."""
    return tuple(
        Finding(where, f"the transfer is not refused: {_said(seen)}", "REFUSED", seen.event)
        for where, seen in places
        if not (seen.answer == "reply" and seen.data["rcode"] in NO and not seen.data["records"])
    )


def _said(seen: Seen) -> str:
    if seen.answer != "reply":
        return seen.answer
    return f"{seen.data['rcode']}, {seen.data['records']} records"
