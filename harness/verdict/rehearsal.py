"""What a stage step may cost: packets, sessions and journeys on the way, and what a stage must have shown before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.history.seen import Family
from harness.verdict.readiness import Outcome as JourneyOutcome
from harness.verdict.verdict import Finding, Outcome, Verdict, worst

MAY_GO_ON: tuple[Outcome, ...] = ("pass", "skip")
"""A check that this machine lacks a named capability for keeps nobody from a stage; it is listed as skipped."""

AGE_STEP_SECONDS = 1.5
"""A router tells the age of a session in whole seconds."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One direction of one flow through one step: packets sent and lost, and the longest run of losses (RFC 7747:
    the number of packets lost in a row times the interval between packets), in ms, which began ``at``
    (CLOCK_MONOTONIC seconds; ``None`` if nothing was lost)."""

    flow: str
    family: Family
    direction: str
    sent: int
    lost: int
    outage_ms: float
    at: float | None = None

    @property
    def lost_percent(self) -> float:
        """Of what was sent."""
        return 100 * self.lost / self.sent if self.sent else 0.0

    def __str__(self) -> str:
        return f"{self.flow} IPv{self.family} {self.direction}"


@dataclass(frozen=True, slots=True)
class Session:
    """A BGP session as its router counts it: how often it was lost, and for how long it has been up (seconds)."""

    up: bool
    lost: int
    age_s: float


Sessions = Mapping[tuple[str, Family, str], Session]
"""(router, family, peer's address) → its session."""


def carried(stretches: Sequence[Stretch], most_percent: float, most_ms: float) -> tuple[Finding, ...]:
    """No direction of any flow loses more than ``most_percent`` of its packets or is out for longer than ``most_ms``."""
    findings = []
    for each in stretches:
        if each.lost_percent > most_percent:
            what = f"lost {each.lost} of {each.sent} packets ({each.lost_percent:.2f} %)"
            findings.append(Finding(str(each), what, f"at most {most_percent:g} %"))
        if each.outage_ms > most_ms:
            findings.append(Finding(str(each), f"out for {each.outage_ms:.0f} ms", f"at most {most_ms:.0f} ms"))
    return tuple(findings)


def flapped(before: Sessions, after: Sessions, seconds: float) -> tuple[Finding, ...]:
    """Sessions that were there before and after, ``seconds`` apart, and not all the while. What a stage adds or takes
    away is none."""
    findings = []
    for key in sorted(before.keys() & after.keys()):
        old, new = before[key], after[key]
        if not old.up:
            continue
        router, family, peer = key
        where = f"{router} session with {peer} (IPv{family})"
        if not new.up:
            findings.append(Finding(where, "is down after the step", "up"))
        elif new.lost > old.lost or new.age_s < seconds - AGE_STEP_SECONDS:
            findings.append(Finding(where, f"was reset: up for {new.age_s:.1f} s of {seconds:.1f} s", "kept"))
    return tuple(findings)


def travelled(outcomes: Iterable[JourneyOutcome], manner: str = "") -> tuple[Finding, ...]:
    """No journey is lost; of one ``manner`` only, if it is given. Each is told once, with how often."""
    lost: dict[tuple[str, str, str], list[JourneyOutcome]] = {}
    for each in outcomes:
        if each.fate == "lost" and manner in ("", each.manner):
            lost.setdefault((each.journey, each.host, each.manner), []).append(each)
    return tuple(
        Finding(
            f"{journey} from {host} ({how})", f"lost {len(found)} times: {found[0].step}: {found[0].why}", "all done"
        )
        for (journey, host, how), found in lost.items()
    )


def in_step(step: str, found: Finding) -> Finding:
    """A finding with the step that it belongs to."""
    return replace(found, where=f"{step}: {found.where}")


def by_check(verdicts: Sequence[Verdict]) -> dict[str, Outcome]:
    """The outcome of each check over its points."""
    found: dict[str, list[Outcome]] = {}
    for each in verdicts:
        found.setdefault(each.check, []).append(each.outcome)
    return {check: worst(outcomes) for check, outcomes in sorted(found.items())}


def closed(stage: str, checks: Mapping[str, Outcome] | None) -> tuple[Finding, ...]:
    """Why a stage may not be left for the next: a check that did not pass there, or nothing that was asked."""
    if not checks:
        return (Finding(f"gate behind {stage}", "no check was asked there", "every check of the stage"),)
    return tuple(
        Finding(f"gate behind {stage}", f"{check} is {outcome}", "pass")
        for check, outcome in checks.items()
        if outcome not in MAY_GO_ON
    )


@dataclass(frozen=True, slots=True)
class Entered:
    """A stage that was entered from an earlier one: what that one's checks had said, and on which topology."""

    old: str
    new: str
    checks: Mapping[str, Outcome] | None
    judged_on: frozenset[str]
    entered_on: str


def gates(entered: Sequence[Entered]) -> tuple[Finding, ...]:
    """Every stage was entered only after all checks of the one before had passed, on the topology that is changed
    (RFC 7381 section 2.1)."""
    findings: tuple[Finding, ...] = ()
    for each in entered:
        findings += closed(each.old, each.checks)
        if each.checks and each.judged_on != {each.entered_on}:
            shown = ", ".join(one[:12] for one in sorted(each.judged_on)) or "no topology"
            findings += (Finding(f"{each.old} → {each.new}", f"judged on {shown}", f"on {each.entered_on[:12]}"),)
    return findings


def paths_alike(before: Mapping[str, int | None], after: Mapping[str, int | None]) -> tuple[Finding, ...]:
    """No way crosses more routers than before (way → routers crossed; ``None``: it did not answer)."""
    findings = []
    for way in sorted(before.keys() & after.keys()):
        old, new = before[way], after[way]
        if old is not None and (new is None or new > old):
            said = "does not answer any more" if new is None else f"crosses {new} routers"
            findings.append(Finding(way, said, f"at most {old}, as before"))
    return tuple(findings)


@dataclass(frozen=True, slots=True)
class Unserved:
    """A name whose AAAA was published before *and* after a port of that address was found shut. Instants are
    CLOCK_MONOTONIC seconds."""

    name: str
    address: str
    port: int
    at: float
    answer: str


def served(unserved: Sequence[Unserved], began: float) -> tuple[Finding, ...]:
    """At no instant was an AAAA published whose service did not listen (RFC 6589 section 4.2)."""
    first: dict[tuple[str, str, int], list[Unserved]] = {}
    for each in unserved:
        first.setdefault((each.name, each.address, each.port), []).append(each)
    return tuple(
        Finding(
            f"{name} {address}",
            f"was published while TCP {port} gave {found[0].answer}, {len(found)} times, first after "
            f"{found[0].at - began:.1f} s",
            "listening",
        )
        for (name, address, port), found in first.items()
    )
