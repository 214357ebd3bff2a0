"""The rehearsal of stage steps: a lab walks there and back, one stage at a time, and each step is watched and judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.drill import main_flows
from harness.drill.as_before import left_over, remember
from harness.drill.beside import Beside
from harness.drill.failover import hold
from harness.drill.journeys import Planned, make, offered
from harness.drill.judging import judge
from harness.drill.publishing import EVERY_SECONDS, Publishing
from harness.errors import CannotMeasure, HarnessError, WrongInput
from harness.history.history import History
from harness.lab import record as records
from harness.lab.converge import Told
from harness.lab.lab import Lab
from harness.lab.walk import path, walk
from harness.plan.journeys import Journey
from harness.plan.model import Plan
from harness.probe.session_age import ages
from harness.probe.snapshot import Snapshot
from harness.verdict import rehearsal as judges
from harness.verdict.readiness import Outcome as JourneyOutcome
from harness.verdict.rehearsal import Entered, Session, Stretch
from harness.verdict.verdict import Finding, Outcome, Verdict

DIRECTORY = "rehearsal"
"""In the run's directory of the lab."""
BASELINE_SECONDS = 0.5
"""So long packets must have been carried, none lost, before a step begins."""
AFTER_SECONDS = 0.5
JOURNEYS_EVERY_SECONDS = 1.0
"""A pause between two rounds: people do not click without one, and the machine has two cores."""
AS_BEFORE_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a step may cost, from ``configs/targets.yml``: packets lost in percent, the longest outage in ms."""

    lost_percent: float
    gap_ms: float

    @classmethod
    def of(cls, targets: Mapping[str, float]) -> Limits:
        """The limits among all targets."""
        return cls(targets["step_lost_percent"], targets["step_gap_ms"])


@dataclass(frozen=True, slots=True)
class Judged:
    """What a stage's checks said before it was left, and how long they took."""

    stage: str
    verdicts: tuple[Verdict, ...]
    seconds: float

    @property
    def checks(self) -> dict[str, Outcome]:
        """Check → outcome."""
        return judges.by_check(self.verdicts)


@dataclass(frozen=True, slots=True)
class StepSeen:
    """One step. Instants are CLOCK_MONOTONIC seconds, ``actions`` when each sub-action began. ``unproven`` says of
    which ways nothing is known; ``left`` what is not as it was when the stage was left on the way there (``None``:
    the stage is new)."""

    old: str
    new: str
    began: float
    laid_s: float
    converged_s: float
    actions: tuple[tuple[str, float], ...]
    stretches: tuple[Stretch, ...]
    unproven: tuple[str, ...]
    journeys: tuple[JourneyOutcome, ...]
    rounds: int
    flapped: tuple[Finding, ...]
    unserved: tuple[Finding, ...]
    looks: int
    blind: int
    published: int
    left: tuple[Finding, ...] | None = None
    entered_on: str = ""

    @property
    def name(self) -> str:
        """Both stages."""
        return f"{self.old} → {self.new}"

    def findings(self, limits: Limits) -> tuple[Finding, ...]:
        """All that is not as it must be."""
        return (
            *judges.carried(self.stretches, limits.lost_percent, limits.gap_ms),
            *judges.travelled(self.journeys),
            *self.flapped,
            *self.unserved,
            *(self.left or ()),
        )

    def outcome(self, limits: Limits) -> Outcome:
        """``fail`` for findings, ``error`` for what could not be measured, else ``pass``."""
        if self.findings(limits):
            return "fail"
        unmeasured = self.unproven or self.blind or any(each.fate == "not measured" for each in self.journeys)
        return "error" if unmeasured or not self.rounds else "pass"


@dataclass(slots=True)
class Rehearsal:
    """A walk there and back. ``stopped`` says why it turned before its end: a gate that was closed; ``error`` why it
    ended at all."""

    lab: str
    start: str
    end: str
    limits: Limits
    steps: list[StepSeen] = field(default_factory=list)
    judged: dict[str, Judged] = field(default_factory=dict)
    stopped: tuple[Finding, ...] = ()
    error: HarnessError | None = None
    seconds: float = 0.0

    def findings(self) -> tuple[str, ...]:
        """Of the steps, of the stages' checks, and of the gates."""
        return (
            *(f"{step.name}: {each}" for step in self.steps for each in step.findings(self.limits)),
            *(str(each) for stage, one in self.judged.items() for each in judges.closed(stage, one.checks)),
        )

    def outcome(self) -> Outcome:
        """``fail`` if anything is, ``error`` if it broke off or something could not be measured, else ``pass``."""
        outcomes = {each.outcome(self.limits) for each in self.steps}
        checks = {outcome for each in self.judged.values() for outcome in each.checks.values()}
        if "fail" in outcomes | checks:
            return "fail"
        return "error" if self.error or "error" in outcomes | checks or not self.steps else "pass"

    def entered(self, order: Sequence[str]) -> tuple[Entered, ...]:
        """The stages that were entered from an earlier one, each with what that one's checks had said."""
        found = []
        for step in self.steps:
            if order.index(step.new) > order.index(step.old):
                one = self.judged.get(step.old)
                on = frozenset(each.subject.get("topology", "") for each in one.verdicts) if one else frozenset()
                found.append(Entered(step.old, step.new, one.checks if one else None, on, step.entered_on))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Rehearser:
    """What a rehearsal needs. ``topology`` is the hash of the lab's; ``judge_start``: the checks are asked at the stage
    that it begins at, too. ``hears`` is told of every step, when it has been made; ``turning`` is called at the stage
    where the way back begins."""

    lab: Lab
    plan: Plan
    history: History
    journeys: Sequence[Journey]
    limits: Limits
    told: Told
    topology: str = ""
    judge_start: bool = True
    hears: Callable[[StepSeen], None] = lambda step: None
    turning: Callable[[], None] = lambda: None

    def run(self, end: str) -> Rehearsal:
        """Walk from the lab's stage to ``end`` and back.

        What fails on the way is in the result, and the lab then *between* with the cause; an interrupt goes through.
        Raises ``WrongInput`` for a lab that is between, a stage that is none, or the stage that the lab is at.
        """
        start = self.lab.stage
        require_at_rest(self.lab)
        order = [start, *(new for _, new in path(self.plan, start, end))]
        if len(order) == 1:
            raise WrongInput(f"the rehearsal would go from {start} to {start}", where="--to", hint="name another stage")
        found = Rehearsal(self.lab.name, start, end, self.limits)
        began = time.monotonic()
        try:
            with _broken_off(self.lab, start):
                self._there_and_back(found, order)
        except HarnessError as error:
            found.error = error
        found.seconds = time.monotonic() - began
        return found

    def _there_and_back(self, found: Rehearsal, order: Sequence[str]) -> None:
        states: dict[str, Snapshot] = {}
        reached = [order[0]]
        if self.judge_start:
            self._judge(found)
        for stage in order[1:]:
            if found.stopped:
                break
            self.told.phase(f"{reached[-1]}: remembering how all is")
            states[reached[-1]] = remember(self.lab)
            self._make(found, stage)
            reached.append(stage)
            self._judge(found)
        self.turning()
        for stage in reversed(reached[:-1]):
            self._make(found, stage, states[stage])

    def _judge(self, found: Rehearsal) -> None:
        stage, began = self.lab.stage, time.monotonic()
        self.told.phase(f"{stage}: asking the checks")
        verdicts = judge(self.lab, None, Path(self.lab.record.run) / DIRECTORY / stage)
        found.judged[stage] = one = Judged(stage, verdicts, time.monotonic() - began)
        found.stopped = judges.closed(stage, one.checks)

    def _make(self, found: Rehearsal, stage: str, was: Snapshot | None = None) -> None:
        step = replace(self._step(stage), entered_on=self.topology)
        if was is not None:
            self.told.phase(f"{step.name}: comparing with how {stage} was left")
            step = replace(step, left=left_over(self.lab, was, AS_BEFORE_SECONDS))
        found.steps.append(step)
        self.hears(step)

    def _step(self, stage: str) -> StepSeen:
        lab, plan, old = self.lab, self.plan, self.lab.stage
        flows = main_flows.through(lab, plan, old, stage)
        still = replace(lab)  # journeys are made as at the stage that is left, whatever the lab says meanwhile
        planned = _offered_at_both(lab, self.journeys, stage)
        outcomes: list[JourneyOutcome] = []
        publishing = Publishing(still, plan, self.history)
        rounds = Beside("journeys", lambda: outcomes.extend(make(still, self.history, planned)), JOURNEYS_EVERY_SECONDS)
        looks = Beside("published names", publishing.once, EVERY_SECONDS)
        actions: list[tuple[str, float]] = []
        before, asked = _sessions(lab), time.monotonic()
        probe = main_flows.probe(self.history, flows)
        with ExitStack() as stack:
            for each in (probe, looks, rounds if planned else nullcontext()):
                stack.enter_context(each)
            hold(BASELINE_SECONDS)
            began = time.monotonic()
            (made,) = walk(lab, stage, self.told, begins=lambda name: actions.append((name, time.monotonic())))
            hold(AFTER_SECONDS)
        results = probe.result()
        return StepSeen(
            old,
            stage,
            began,
            made.laid_s,
            made.converged_s,
            tuple(actions),
            tuple(main_flows.stretches(results)),
            main_flows.lost_before(results, began),
            tuple(outcomes),
            rounds.rounds,
            judges.flapped(before, _sessions(lab), time.monotonic() - asked),
            judges.served(publishing.unserved, began),
            publishing.looks,
            publishing.blind,
            len(publishing.published),
        )


def require_at_rest(lab: Lab) -> None:
    """Raise ``WrongInput`` for a lab without a plan, or one that is between."""
    if lab.plan is None:
        raise WrongInput("a lab without a plan has no stages", where=lab.record.topology)
    if lab.record.state != "at":
        raise WrongInput(
            f"lab {lab.name} is {lab.record.state}: {lab.record.cause or 'it has not converged'}",
            where="v6lab rehearse",
            hint=f"v6lab apply --lab {lab.name} --stage {lab.stage} brings it to rest",
        )


def _offered_at_both(lab: Lab, journeys: Sequence[Journey], stage: str) -> list[Planned]:
    """The journeys that people can make at the lab's stage and at the other."""
    then = offered(replace(lab, record=replace(lab.record, stage=stage)), journeys)
    return [each for each in offered(lab, journeys) if each in then]


def _sessions(lab: Lab) -> judges.Sessions:
    return {key: Session(each.up, each.lost, each.age_s) for key, each in ages(lab.nodes.values()).items()}


@contextmanager
def _broken_off(lab: Lab, start: str) -> Iterator[None]:
    """Whoever breaks a rehearsal off leaves the lab *between* with the cause, unless it is where it began."""
    try:
        yield
    except BaseException as error:
        if lab.record.state == "at" and lab.stage != start:
            why = (
                "broken off" if not isinstance(error, CannotMeasure) else f"not measured ({str(error).splitlines()[0]})"
            )
            lab.record = lab.record.between(f"a rehearsal that began at {start} was {why}")
            records.save(lab.record)
        raise
