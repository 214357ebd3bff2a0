"""Failing over and back: how long each way of each flow was out, who noticed when, and what was left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.history.seen import Family
from harness.verdict.verdict import Finding


@dataclass(frozen=True, slots=True)
class Loss:
    """A run of lost packets: the first was sent at ``began`` (CLOCK_MONOTONIC), ``ms`` is their number × interval."""

    began: float
    ms: float


@dataclass(frozen=True, slots=True)
class Way:
    """One direction of one flow and its losses, in order of time."""

    flow: str
    family: Family
    direction: str
    losses: tuple[Loss, ...] = ()

    def outage_ms(self, since: float, until: float) -> float:
        """The longest run of losses that began between two instants; the outage as RFC 7747 counts it."""
        return max((loss.ms for loss in self.losses if since <= loss.began < until), default=0.0)

    def __str__(self) -> str:
        return f"{self.flow} IPv{self.family} {self.direction}"


@dataclass(frozen=True, slots=True)
class Phase:
    """What happened to the ways that crossed a link from ``began`` to ``ended``: while it was broken, or mended."""

    fault: str
    began: float
    ended: float
    ways: tuple[Way, ...]

    def outages(self) -> dict[Way, float]:
        """The outage of each way in ms."""
        return {way: way.outage_ms(self.began, self.ended) for way in self.ways}


@dataclass(frozen=True, slots=True)
class Detection:
    """When ``router`` gave up its session with ``peer``, in seconds after the failure; ``None``: it did not."""

    router: str
    peer: str
    family: Family
    seconds: float | None


def recovered(phase: Phase, most_ms: float) -> tuple[Finding, ...]:
    """No way is out for longer than ``most_ms``."""
    return tuple(
        Finding(str(way), f"out for {ms:.0f} ms at {phase.fault}", f"at most {most_ms:.0f} ms")
        for way, ms in phase.outages().items()
        if ms > most_ms
    )


def untouched(phase: Phase) -> tuple[Finding, ...]:
    """No way loses anything: what failed is none of its business."""
    return tuple(
        Finding(str(way), f"lost packets for {ms:.0f} ms at {phase.fault}", "nothing lost")
        for way, ms in phase.outages().items()
        if ms
    )


def detected(detections: Sequence[Detection], most_s: float) -> tuple[Finding, ...]:
    """Every session over the broken link was given up in time."""
    findings = []
    for each in detections:
        if each.seconds is None or each.seconds > most_s:
            said = "never noticed" if each.seconds is None else f"noticed after {each.seconds:.2f} s"
            where = f"{each.router} session with {each.peer} (IPv{each.family})"
            findings.append(Finding(where, said, f"at most {most_s:g} s"))
    return tuple(findings)


def alike(worst: Mapping[Family, float], fault: str, most_ms: float) -> tuple[Finding, ...]:
    """Both families are out for about as long; ``worst`` is the longest outage of each in ms."""
    apart = abs(worst[4] - worst[6])
    if apart <= most_ms:
        return ()
    return (Finding(fault, f"IPv4 out for {worst[4]:.0f} ms, IPv6 for {worst[6]:.0f} ms", f"within {most_ms:.0f} ms"),)


def worst(phases: Sequence[Phase], family: Family) -> float:
    """The longest outage of any way of a family, in ms."""
    return max((ms for phase in phases for way, ms in phase.outages().items() if way.family == family), default=0.0)


def restored(
    before: Mapping[str, frozenset[str]], after: Mapping[str, frozenset[str]], complaints: str
) -> tuple[Finding, ...]:
    """Both snapshots hold the same; what is missing and what is left over is named for each subject.

    Subjects that end in ``complaints`` list what is wrong: of them less is no harm, only more.
    """
    findings = []
    for subject in sorted(before.keys() | after.keys()):
        had, has = before.get(subject, frozenset()), after.get(subject, frozenset())
        if (gone := had - has) and not subject.endswith(complaints):
            findings.append(Finding(subject, f"no longer there: {_shown(gone)}"))
        if new := has - had:
            findings.append(Finding(subject, f"left over: {_shown(new)}"))
    return tuple(findings)


def steady(changes: Sequence[str], seconds: float) -> tuple[Finding, ...]:
    """No session came or went for ``seconds`` after fail-back (RFC 5882 section 3.1: no flapping)."""
    return tuple(Finding(each, f"changed in the {seconds:.0f} s after fail-back", "stable") for each in changes)


def _shown(lines: frozenset[str], most: int = 3) -> str:
    ordered = sorted(lines)
    more = f" and {len(ordered) - most} more" if len(ordered) > most else ""
    return "; ".join(ordered[:most]) + more
