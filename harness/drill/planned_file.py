"""A drill of planned work: as it is written, and what it comes to in a lab."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from harness.drill.failover_file import DIRECTIONS, Pair, families, pairs, places
from harness.drill.flows import Place, planned
from harness.drill.kinds import Measure
from harness.drill.planned_work import Work, Worked, run
from harness.errors import WrongInput
from harness.fault.base import link_between
from harness.history.history import History
from harness.lab.lab import Lab
from harness.plan import derive
from harness.plan.model import Family, Plan
from harness.plan.section import Section

PLANNED = "planned"
KEYS = ("id", "vi", "en", "expect", "from", PLANNED, "families", "crosses", "leaves_to", "directions", "flows", "targets", "source")  # fmt: skip
LOST = "lost"
TARGET = "lost_ms"


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A drill as it is written: work on the sessions of ``router`` with ``isp``; ``inside`` are the other routers of its
    AS, who is next to the other way out first. ``most`` is the key of the target."""

    id: str
    vi: str
    en: str
    expect: str
    since: str
    router: str
    isp: str
    inside: tuple[str, ...]
    families: tuple[Family, ...]
    crosses: tuple[Place, ...]
    leaves_to: tuple[Place, ...]
    directions: tuple[bool, ...]
    flows: tuple[Pair, ...]
    most: str
    source: str

    def require(self, lab: Lab, plan: Plan) -> None:
        """Raises ``WrongInput`` where the lab lacks what the file names."""
        link_between(lab, self.router, self.isp)
        self.work(lab, plan)

    def once(self, lab: Lab, plan: Plan, history: History) -> PlannedWork:
        """Drain, shut, open and fill again. Raises ``CannotMeasure`` where it would prove nothing."""
        return PlannedWork(run(lab, history, self.work(lab, plan)))

    def target_ms(self, measure: str, targets: Mapping[str, float]) -> float:
        """The most that any way may lose."""
        return targets[self.most]

    def work(self, lab: Lab, plan: Plan) -> Work:
        """What it comes to in a lab. Raises ``WrongInput`` where the two have no sessions by the plan."""
        link = next((each for each in plan.links if each.ebgp and {each.a, each.b} == {self.router, self.isp}), None)
        own = next((asn for asn in plan.asns.values() if self.router in asn.routers), None)
        if link is None or own is None:
            raise WrongInput(f"{self.router} and {self.isp} have no BGP session by the plan", where=f"drill {self.id}")
        chosen, broken = planned(lab, plan, self.flows, self.families)
        sessions = tuple(
            (router, str(derive.link_interface(link, other, family).ip), family)
            for router, other in ((self.router, self.isp), (self.isp, self.router))
            for family in broken
        )
        inside = {
            each: {family: str(found) for family in broken if (found := derive.address(plan, each, family, lab.stage))}
            for each in self.inside
        }
        return Work(
            self.router,
            own.number,
            sessions,
            inside,
            chosen,
            broken,
            self.directions,
            self.crosses,
            self.leaves_to,
        )


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """What one time of it came to, as a repetition of a drill."""

    done: Worked

    def measures(self) -> dict[Measure, float | None]:
        """The longest loss of any way from the beginning to the end, in ms, by family and direction."""
        found: dict[Measure, float | None] = {}
        for way, ms in self.done.whole.outages().items():
            place = (LOST, f"IPv{way.family}", way.direction)
            found[place] = max(ms, found.get(place) or 0.0)
        return found

    def missing(self) -> tuple[str, ...]:
        """What did not leave, has not come back, or is another than before."""
        left = () if self.done.drained is not None else ("flows have not left what was drained",)
        back = () if self.done.returned is not None else ("flows have not returned",)
        return left + back + self.done.residue

    def short(self) -> str:
        """How many packets got lost of how many."""
        return ", ".join(f"IPv{family}: {self.done.lost[family]} of {sent} packets lost" for family, sent in self.done.sent.items())  # fmt: skip

    def as_data(self) -> dict[str, Any]:
        """For other programs."""
        done = self.done
        return {
            "what": done.whole.fault,
            "began": round(done.began, 4),
            "packets": {f"IPv{each}": {"sent": done.sent[each], "lost": done.lost[each]} for each in done.sent},
            "drained_s": done.drained,
            "returned_s": done.returned,
            "ways": [
                {"flow": way.flow, "family": way.family, "direction": way.direction, "loss_ms": ms}
                for way, ms in done.whole.outages().items()
            ],
            "missing": list(self.missing()),
        }


def read(root: Section, stages: Collection[str], targets: Collection[str]) -> PlannedFile:
    """One drill of this kind; ``stages`` and ``targets`` are those that there are. Raises ``WrongInput``."""
    root.only(KEYS)
    work = root.child(PLANNED)
    work.only(("router", "isp", "inside"))
    return PlannedFile(
        id=root.text("id"),
        vi=root.text("vi"),
        en=root.text("en"),
        expect=root.text("expect"),
        since=root.child("from").one_of(stages, "stage"),
        router=work.text("router"),
        isp=work.text("isp"),
        inside=tuple(each.as_text() for each in work.filled("inside")),
        families=families(root),
        crosses=places(root, "crosses"),
        leaves_to=places(root, "leaves_to"),
        directions=tuple(DIRECTIONS[each.one_of(DIRECTIONS, "direction")] for each in root.filled("directions")),
        flows=pairs(root),
        most=_target(root.child("targets"), targets),
        source=root.text("source"),
    )


def _target(section: Section, targets: Collection[str]) -> str:
    section.only((TARGET,))
    return section.child(TARGET).one_of(targets, "target")
