"""Whether the suite has proved itself on a fault: who was to notice did, and who was not to did not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.verdict.verdict import Finding, Outcome, Verdict, worst

REACHED, CAUGHT, GREEN, AGAIN = "reached", "caught by", "stays green", "green again"


@dataclass(frozen=True, slots=True)
class Judgement:
    """``pass``: caught, and nobody cried without need. ``fail``: a defect of the suite (or of the fault's file).
    ``error``: nothing has been proved."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    red: tuple[str, ...] = ()
    green: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = field(default=())


def outcomes(verdicts: Iterable[Verdict]) -> dict[str, Outcome]:
    """Check → what became of it over all its points."""
    found: dict[str, list[Outcome]] = {}
    for each in verdicts:
        found.setdefault(each.check, []).append(each.outcome)
    return {check: worst(points) for check, points in found.items()}


def judge(
    caught_by: Sequence[str],
    stays_green: Sequence[str],
    unreached: Sequence[str],
    during: Mapping[str, Outcome],
    after: Mapping[str, Outcome],
) -> Judgement:
    """``unreached`` says why the fault is not known to have taken effect, ``during`` what the checks were with it on,
    ``after`` those of them that were run again when it was lifted."""
    if unreached:  # proves nothing, not even that nobody noticed
        return Judgement("error", tuple(Finding(REACHED, why) for why in unreached))
    wrong = [Finding(CAUGHT, f"{check} is {during[check]}", "fail") for check in caught_by if _green(during.get(check))]
    wrong += [Finding(GREEN, f"{check} is fail", "pass") for check in stays_green if during.get(check) == "fail"]
    unproved = [
        Finding(place, f"{check} {_said(during.get(check))}", expected)
        for place, checks, expected, fine in (
            (CAUGHT, caught_by, "fail", ("fail", "pass", "skip")),
            (GREEN, stays_green, "pass", ("pass", "fail")),
        )
        for check in checks
        if during.get(check) not in fine
    ]
    unproved += [Finding(AGAIN, f"{check} {_said(said)}", "pass") for check, said in after.items() if said != "pass"]
    return Judgement(
        "fail" if wrong else "error" if unproved else "pass",
        (*wrong, *unproved),
        tuple(check for check, said in during.items() if said == "fail"),
        tuple(check for check, said in during.items() if said == "pass"),
        tuple(check for check, said in during.items() if said in ("error", "skip")),
    )


def _green(said: Outcome | None) -> bool:
    return said in ("pass", "skip")


def _said(said: Outcome | None) -> str:
    return f"is {said}" if said else "was not measured"
