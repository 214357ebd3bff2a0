"""A drill in which servers of names are lost, one after another: as it is written, and what it comes to in a lab."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from harness.drill.breaking import read_breaking
from harness.drill.failover_file import families
from harness.drill.kinds import Measure
from harness.drill.name_loss import ANSWER, Loss, Lost, run, servers
from harness.history.history import History
from harness.lab.lab import Lab
from harness.plan.model import Plan
from harness.plan.section import Section

LOSSES = "losses"
KEYS = ("id", "vi", "en", "expect", "from", LOSSES, "targets", "source")
LOSS_KEYS = ("name", "break", "families", "askers", "hosts", "names", "most")


@dataclass(frozen=True, slots=True)
class NameFile:
    """A drill as it is written. ``since`` is the first stage it makes sense at."""

    id: str
    vi: str
    en: str
    expect: str
    since: str
    losses: tuple[Loss, ...]
    source: str

    def require(self, lab: Lab, plan: Plan) -> None:
        """Raises ``WrongInput`` where the lab lacks a node that the file names, ``CannotMeasure`` where it has no
        address at the stage."""
        for loss in self.losses:
            loss.breaks.fault(lab)
            servers(lab.node(loss.lost), loss.families)
            for node in (*loss.askers, *loss.hosts):
                lab.node(node)

    def once(self, lab: Lab, plan: Plan, history: History) -> NameLosses:
        """One loss after another. Raises ``CannotMeasure`` where one would prove nothing."""
        return NameLosses(tuple(run(lab, plan, history, loss) for loss in self.losses))

    def target_ms(self, measure: str, targets: Mapping[str, float]) -> float:
        """The most that one look-up may take while something is lost."""
        return next(targets[loss.most] * 1000 for loss in self.losses if measure == f"{ANSWER} {loss.name}")


@dataclass(frozen=True, slots=True)
class NameLosses:
    """All losses of a repetition."""

    done: tuple[Lost, ...]

    def measures(self) -> dict[Measure, float | None]:
        """The slowest look-up of each loss and host."""
        return {key: value for each in self.done for key, value in each.measures().items()}

    def missing(self) -> tuple[str, ...]:
        """Servers that are not asked again."""
        return tuple(finding for each in self.done for finding in each.missing())

    def short(self) -> str:
        """The slowest look-up of each loss."""
        slowest = {each.loss.name: max(found.seconds for found in each.during) for each in self.done}
        return "slowest name " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in slowest.items())

    def as_data(self) -> dict[str, Any]:
        """For other programs."""
        return {"losses": [each.as_data() for each in self.done]}


def read(root: Section, stages: Collection[str], targets: Collection[str]) -> NameFile:
    """One drill of this kind; ``stages`` and ``targets`` are those that there are. Raises ``WrongInput``."""
    root.only(KEYS)
    most = {key: each.one_of(targets, "target") for key, each in root.child("targets").children()}
    return NameFile(
        id=root.text("id"),
        vi=root.text("vi"),
        en=root.text("en"),
        expect=root.text("expect"),
        since=root.child("from").one_of(stages, "stage"),
        losses=tuple(_loss(each, most) for each in root.filled(LOSSES)),
        source=root.text("source"),
    )


def _loss(section: Section, most: Mapping[str, str]) -> Loss:
    section.only(LOSS_KEYS)
    breaking = read_breaking(section.child("break"))
    if not breaking.node:
        raise section.child("break").wrong("a server is lost, and this is none", "break a node, not a link")
    if (names := section.child("names").as_int()) < 1:
        raise section.child("names").wrong("nothing would be looked up", "write 1 or more")
    return Loss(
        section.text("name"),
        breaking,
        families(section),
        _texts(section, "askers"),
        _texts(section, "hosts"),
        names,
        most[section.child("most").one_of(most, "target")],
    )


def _texts(section: Section, key: str) -> tuple[str, ...]:
    return tuple(each.as_text() for each in section.filled(key))
