"""Runs as the commands leave them, made small and without a lab by the project's own writers."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.cli import exercise_data, ipv4_off
from harness.drill import catalogue as drills
from harness.drill import exercise as exercises
from harness.drill import exercise_work, rehearsal_report, without_ipv4
from harness.drill.changed import Changed
from harness.drill.drill import Drilled
from harness.drill.exercise_desk import Attempt, Desk
from harness.drill.failover import Drill, Noticed
from harness.drill.failover_file import Failover
from harness.drill.faults import Known
from harness.drill.faults import read as read_faults
from harness.drill.gate import Report as GateReport
from harness.drill.mutant import Proof
from harness.drill.rehearsal import Judged, Limits, Rehearsal, StepSeen
from harness.history import results
from harness.history.history import History
from harness.history.run import RunDirectory
from harness.history.seen import Seen, record
from harness.lab.project import Project
from harness.suite import catalogue
from harness.verdict.grade import Grade
from harness.verdict.mutant import Judgement
from harness.verdict.outage import Loss, Phase, Way
from harness.verdict.readiness import Outcome, readiness
from harness.verdict.rehearsal import Stretch
from harness.verdict.verdict import Finding, Verdict
from tests.unit.estate import ROOT, the_plan, the_topology

STAGE = "31-datacentre"
LIMITS = Limits(0.1, 1000)
HASHES = {"topology": "09092d14d9ed", "configuration": "e96cb9a93cc4", "image": "v6lab/node:trixie"}
TARGETS = catalogue.targets(ROOT / "configs/targets.yml")
CHECKS = tuple(catalogue.read(ROOT / "configs/checks", the_plan().stage_names()))


@dataclass(frozen=True)
class Standing:
    """What a lab's record says, as far as results go."""

    run: str
    lab: str = "pilot"
    engine: str = "embedded"
    stage: str = STAGE
    topology: str = str(ROOT / "topologies/pilot.clab.yml")
    plan: str = str(ROOT / "configs/plan.yml")
    project: str = str(ROOT)


@dataclass
class Run:
    """A run's directory being filled. Each method leaves what one command would."""

    runs: Path
    lab: str = "pilot"
    stage: str = STAGE
    standing: Standing = field(init=False)

    def __post_init__(self) -> None:
        self.standing = Standing(str(RunDirectory.create(self.runs, self.lab).path), lab=self.lab, stage=self.stage)

    @property
    def path(self) -> Path:
        return Path(self.standing.run)

    def seen(self, *answers: str, worker: str = "checks-1") -> tuple[str, ...]:
        """Events of a probe; their references."""
        with RunDirectory(self.path).history(worker) as history:
            return tuple(_seen(history, answer) for answer in answers)

    def checks(self, outcomes: Mapping[str, str], said: str = "edge2: is wrong", stage: str = "", **more: Any) -> Path:
        """``pytest tests/checks`` with one verdict a check."""
        verdicts = [verdict(check, outcome, said, stage or self.stage, **more) for check, outcome in outcomes.items()]
        data = {"session": f"test-{time.monotonic_ns()}", "verdicts": [each.as_data() for each in verdicts]}
        return results.keep(self.standing, "checks", data)

    def verify(self, **changes: Any) -> Path:
        return results.keep(self.standing, "verify", replace(GATE, **changes).as_data())

    def rehearsal(self, *steps: StepSeen, error: Exception | None = None, **judged: Sequence[Verdict]) -> Path:
        found = Rehearsal("pilot", "21-pilot", STAGE, LIMITS, list(steps), error=error, seconds=95.0)  # type: ignore[arg-type]
        found.judged = {stage: Judged(stage, tuple(some), 20.0) for stage, some in judged.items()}
        return results.keep(self.standing, "rehearsal", rehearsal_report.as_data(found))

    def drill(self, *outages: tuple[float, float], name: str = "F02", error: Exception | None = None) -> Path:
        """One repetition for each pair of outages in ms, IPv4 and IPv6."""
        plan = the_plan()
        file = drills.read_all(ROOT / "configs/drills", plan.stage_names(), TARGETS)[name]
        found = Drilled(file, self.lab, self.stage, error=error)  # type: ignore[arg-type]
        found.repetitions = [Failover(_failover(each)) for each in outages]
        found.residue = [() for _ in outages]
        return results.keep(self.standing, "drill", found.as_data(TARGETS))

    def proof(self, name: str, outcome: str, *findings: str) -> dict[str, Any]:
        known = Known(the_plan().stage_names(), tuple(the_topology().nodes), CHECKS)
        fault = read_faults(ROOT / "configs/faults", known)[name]
        where = "reached" if outcome == "error" else "caught by"
        red = fault.caught_by if outcome == "pass" else ()
        judged = Judgement(outcome, tuple(Finding(where, each) for each in findings), red)  # type: ignore[arg-type]
        return Proof(fault, judged, (), (), 41.0).as_data()

    def mutants(self, *proofs: dict[str, Any], wanted: int | None = None) -> Path:
        return results.keep(self.standing, "mutants", {"wanted": wanted or len(proofs), "faults": list(proofs)})

    def journeys(self, *outcomes: Outcome) -> Path:
        return results.keep(self.standing, "journeys", {"journeys": [each.as_data() for each in outcomes]})

    def ipv4_off(self, before: Sequence[Outcome], *rounds: Sequence[Outcome], site: str = "stttt") -> Path:
        found = without_ipv4.Rehearsal((readiness(site, before, rounds),), ("stttt-pc",), len(rounds), 60.0, ())
        return results.keep(self.standing, "ipv4-off", ipv4_off.as_data(found))


def desk(runs: Path, grade: Grade, trainee: str = "an", name: str = "T06") -> Path:
    """The desk of a trainee after ``v6lab exercise check``."""
    found = exercise_work.find(Project(ROOT), name, trainee, CHECKS)
    work = replace(found, desk=Desk.of(runs, trainee, name))
    work.desk.path.mkdir(parents=True)
    attempt = Attempt(name, trainee, "", time.time() - 600)
    work.desk.save(attempt)
    verdicts = tuple(verdict(each, "fail", "edge2: is wrong") for each in grade.red)
    data = exercise_data.data(work, exercises.Graded(attempt, grade, verdicts))
    goal = {"goal": {"vi": found.exercise.goal.vi, "en": found.exercise.goal.en}}
    basis = results.basis_of(ROOT, ROOT / "topologies/pilot.clab.yml", ROOT / "configs/plan.yml")
    head = {"lab": "", "stage": found.exercise.stage, "engine": ""}
    results.keep_in(work.desk.path, "exercise", head, data | goal, basis)
    return work.desk.path


def verdict(check: str, outcome: str, said: str = "", stage: str = STAGE, evidence: tuple[str, ...] = ()) -> Verdict:
    findings = () if outcome == "pass" else (said,)
    where = f"test_of_{check.lower().replace('-', '_')}"
    return Verdict(check, stage, where, outcome, findings, evidence, 0.4, HASHES)  # type: ignore[arg-type]


def step(old: str, new: str, ms: tuple[float, float] = (20.0, 0.0), left: tuple[Finding, ...] | None = None, **changes: Any) -> StepSeen:  # fmt: skip
    """A step with an outage of IPv4 and one of IPv6."""
    stretches = tuple(
        Stretch(flow, family, direction, 3000, round(lost / 10), lost, 104.2 + family if lost else None)  # type: ignore[arg-type]
        for flow, share in (("portal → viettel-citizen", 1.0), ("stttt-pc → foreign-web", 0.5))
        for family, each in zip((4, 6), ms, strict=True)
        for direction, lost in (("outbound", each), ("inbound", each * share))
    )
    actions = (("paths open", 100.0), ("sessions", 103.8), ("services listen", 107.5), ("names published", 112.0))
    made = [Outcome("portal", host, how, "done") for host in ("stttt-pc", "vpubnd-pc") for how in ("IPv4", "IPv6")]
    seen = StepSeen(old, new, 100.0, 14.0, 17.5, actions, stretches, (), tuple(made), 3, (), (), 40, 0, 5, left)
    return replace(seen, **changes)


def everything(runs: Path) -> Run:
    """A run in which everything was done, some of it red, dark, skipped or missing."""
    run = Run(runs)
    dark, lacking = {"BGP-13": "error"}, {"DS-07": "skip"}
    references = run.seen("refusal", "silence", "reply")
    red = {"BGP-01": "fail"}
    run.checks(red | {each: "pass" for each in CHECKS if each[:3] not in ("FO-", "ANY", "OPS") and each not in ("BGP-01", "BGP-13", "DS-07", "MIG-06", "MIG-07")}, "edge2 neighbour 3fff:200:0:f0::2: IPv6 family not negotiated: ipv4Unicast (expected ipv6Unicast)", evidence=references)  # fmt: skip
    run.checks(dark, "core1 gave no answer within 4 s")
    run.checks(lacking, "this machine lacks netem: packets cannot be delayed")
    run.rehearsal(
        step("21-pilot", STAGE, (30.0, 10.0)),
        step(STAGE, "21-pilot", (0.0, 1240.0), (Finding("fw1 rules", "left over: ip6 saddr 3fff::/20 accept"),)),
        **{"21-pilot": [verdict(each, "pass", stage="21-pilot") for each in CHECKS if each[:2] in ("AD", "BG", "DN")]},
    )
    run.drill((620.0, 590.0), (810.0, 760.0), (700.0, 1350.0), (655.0, 640.0))
    run.drill((2900.0, 3100.0), (2500.0, 2700.0), name="F01")
    run.mutants(
        run.proof("FLT-37", "pass"),
        run.proof("FLT-01", "fail", "DS-01 is pass (expected fail)"),
        run.proof("FLT-07", "error", "edge1: the sign of it did not come within 9 s"),
        wanted=4,
    )
    run.verify()
    run.journeys(*_journeys())
    officers = [Outcome(name, "stttt-pc", "either", "done") for name in ("portal", "document", "mail-inside", "foreign-site")]  # fmt: skip
    lost = replace(officers[1], fate="lost", step="read qlvb", why="no route to 10.1.20.31")
    run.ipv4_off(officers, [officers[0], lost, officers[2], replace(officers[3], fate="not measured", why="stopped")])
    return run


def _journeys() -> list[Outcome]:
    hosts = ("stttt-pc", "vpubnd-pc", "gianghia-pc", "daksong-pc", "viettel-citizen", "vnpt-mobile", "viettel-legacy")
    made = []
    for host in hosts:
        for name in ("resolver", "portal", "foreign-site") + (("document", "mail-inside", "mail-abroad") if host.endswith("pc") else ("application",)):  # fmt: skip
            made.append(Outcome(name, host, "IPv4", "done"))
            if host in ("stttt-pc", "viettel-citizen", "vnpt-mobile"):
                fate = "lost" if name == "mail-abroad" else "not measured" if name == "foreign-site" else "done"
                made.append(Outcome(name, host, "IPv6", fate, "open", "timed out" if fate != "done" else ""))
    return made


GATE = GateReport(
    "candidates/bgp-timers",
    STAGE,
    "pilot",
    (Changed("edge2", "etc/frr/frr.conf", "c/nodes/edge2/etc/frr/frr.conf", 148),),
    verdicts=(
        verdict("BGP-01", "fail", "edge2 neighbour 3fff:200:0:f0::2: IPv6 family not negotiated"),
        verdict("DNS-01", "pass"),
        verdict("SEC-01", "error", "no answer"),
    ),
    journeys=(
        Outcome("portal", "viettel-citizen", "IPv6", "lost", "open portal", "no route to host"),
        Outcome("portal", "vnpt-citizen", "IPv6", "done"),
    ),
    verdict_s=21.4,
    undone_s=9.1,
)


def _seen(history: History, answer: str) -> str:
    asked = {"server": "203.0.113.75", "name": "daknong.gov.vn"}
    return record(history, Seen(time.monotonic(), "viettel-citizen", 6, "dns", asked, answer, raw=b"\x01")).event  # type: ignore[arg-type]


def _failover(ms: tuple[float, float]) -> Drill:
    ways = [
        Way(flow, family, direction, (Loss(10.2, lost),) if lost else ())  # type: ignore[arg-type]
        for flow in ("portal → viettel-citizen",)
        for family, lost in zip((4, 6), ms, strict=True)
        for direction in ("outbound", "inbound")
    ]
    out, back = Phase("silence", 10.0, 15.0, tuple(ways)), Phase("fail-back", 15.0, 20.0, tuple(ways))
    noticed = tuple(
        Noticed("edge1", "bfd", family, 0.55 + lost / 10000) for family, lost in zip((4, 6), ms, strict=True)
    )  # type: ignore[arg-type]
    return Drill("silence", 10.2, out, Phase("silence", 10.0, 15.0, ()), back, (), noticed, (), (), ("17",))
