"""One stage step there and back, shared by the checks on migration; and how IPv4 went before and after it."""

from dataclasses import dataclass, replace

from harness.drill import main_flows
from harness.drill.journeys import known, make, offered
from harness.drill.rehearsal import Limits, Rehearsal, Rehearser
from harness.errors import CannotMeasure
from harness.lab.converge import Told
from harness.lab.walk import walk
from harness.probe.path import path
from harness.probe.side_by_side import side_by_side
from harness.suite import labs

QUIET = Told(lambda text: None, lambda met, left: None)


@dataclass(frozen=True)
class Rehearsed:
    """The stage before, the rehearsal, and IPv4 at that stage and after it: journeys, and routers crossed by a flow."""

    earlier: str
    rehearsal: Rehearsal
    journeys: tuple
    paths: tuple
    evidence: tuple

    def steps(self):
        """Both steps. Raises if they were not made."""
        if self.rehearsal.error:
            raise CannotMeasure(f"the step was broken off: {self.rehearsal.error}")
        return self.rehearsal.steps


def rehearsed(lab, history, plan, targets):
    """From the lab's stage to the one before, and forward to it again, whatever happens."""
    stage, names = lab.stage, plan.stage_names()
    if stage == names[0]:
        raise CannotMeasure(f"no stage is before {stage}")
    earlier = names[names.index(stage) - 1]
    both = ipv4_journeys(lab, earlier)
    looked = []

    def look():
        looked.append((make(lab, history, both), crossed(lab, history, plan, stage, earlier)))

    try:
        done = Rehearser(
            lab,
            plan,
            history,
            known(lab),
            Limits.of(targets),
            QUIET,
            labs.subject(lab)["topology"],
            judge_start=False,
            turning=look,
        ).run(earlier)
    finally:
        if lab.stage != stage or lab.record.state != "at":
            walk(lab, stage, QUIET)
    look()
    evidence = tuple(event.reference for event in history.events("probe.continuity")[-3:])
    return Rehearsed(earlier, done, tuple(each[0] for each in looked), tuple(each[1] for each in looked), evidence)


def ipv4_journeys(lab, earlier):
    """What people can do in IPv4 at the lab's stage and at the one before."""
    there = offered(replace(lab, record=replace(lab.record, stage=earlier)), known(lab))
    return [each for each in offered(lab, known(lab)) if each.manner == 4 and each in there]


def crossed(lab, history, plan, stage, earlier):
    """Main flow → how many routers it crosses in IPv4; ``None`` where the far end did not answer."""
    flows = [each for each in main_flows.through(lab, plan, stage, earlier) if each.family == 4]

    def one(flow):
        seen = path(history, flow.source, 4, flow.address)
        return flow.name, len(seen.data["hops"]) - 1 if seen.answer == "reply" else None

    return dict(side_by_side(one, flows))
