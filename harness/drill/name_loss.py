"""A server of names is lost: how long those who look names up wait until another one has answered, and the way back."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from harness.drill.breaking import Breaking
from harness.drill.dns_seen import Passed, passed
from harness.drill.kinds import Measure
from harness.errors import CannotMeasure
from harness.fault.base import applied
from harness.history.history import History
from harness.lab.lab import Lab
from harness.node import Node
from harness.plan import zones
from harness.plan.model import Family, Plan
from harness.probe import route
from harness.probe.capture import Capture
from harness.probe.side_by_side import side_by_side
from harness.probe.stub import LookedUp, look_up
from harness.verdict.verdict import Finding
from harness.wait import Condition, Deadline, until

DEVICE = "eth1"
BACK_SECONDS = 40.0
"""A resolver asks a server that was dead again after infra-host-ttl, 30 s."""
ROUND = 3
KEPT_PACKETS = 20_000
ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Loss:
    """What is lost and who asks it. ``hosts`` look up ``names`` names each, which no cache knows; ``askers`` are those
    who ask what is lost (the hosts themselves, or resolvers for them), at ``families`` of its addresses; ``most`` is
    the key of the target for one name."""

    name: str
    breaks: Breaking
    families: tuple[Family, ...]
    askers: tuple[str, ...]
    hosts: tuple[str, ...]
    names: int
    most: str

    @property
    def lost(self) -> str:
        """The node that is lost."""
        return self.breaks.node


@dataclass(frozen=True, slots=True)
class Lost:
    """What a loss came to. ``asked`` counts the questions that the lost server was sent meanwhile; ``back`` is how long
    after mending it answered again, ``None``: not in time."""

    loss: Loss
    failed: float
    during: tuple[LookedUp, ...]
    after: tuple[LookedUp, ...]
    asked: int
    back: float | None

    def measures(self) -> dict[Measure, float | None]:
        """The slowest look-up of each host in ms, ``None`` if one had no answer at all."""
        found: dict[Measure, float | None] = {}
        for host in self.loss.hosts:
            own = [each for each in self.during if each.host == host]
            slowest = max(each.seconds for each in own) * 1000
            found[f"{ANSWER} {self.loss.name}", "", host] = (
                round(slowest, 1) if all(each.said for each in own) else None
            )
        return found

    def missing(self) -> tuple[str, ...]:
        """What is not as it was after mending."""
        gone = () if self.back is not None else (f"{self.loss.lost} is not asked again, or does not answer",)
        return gone + tuple(f"{each.host} had no answer for {each.name} after {self.loss.name}" for each in self.after if not each.said)  # fmt: skip

    def findings(self, most_s: float) -> tuple[Finding, ...]:
        """Every host had every name in time, and afterwards all is as before."""
        late = tuple(
            Finding(
                host,
                f"had a name after {ms / 1000:.2f} s" if ms is not None else "had no answer",
                f"within {most_s:g} s",
            )
            for (_, _, host), ms in self.measures().items()
            if ms is None or ms > most_s * 1000
        )
        return late + tuple(Finding(self.loss.name, each) for each in self.missing())

    def as_data(self) -> dict[str, Any]:
        """For other programs."""
        return {
            "loss": self.loss.name,
            "failed_at": round(self.failed, 4),
            "questions_to_the_lost": self.asked,
            "looked_up": [
                {"host": each.host, "seconds": round(each.seconds, 4), "said": each.said} for each in self.during
            ],
            "answers_again_s": None if self.back is None else round(self.back, 3),
        }


def run(lab: Lab, plan: Plan, history: History, loss: Loss) -> Lost:
    """Break it, look up, mend it. Raises ``CannotMeasure`` where it would prove nothing: names do not resolve before,
    or nobody asks what is lost before and meanwhile, or it still answers."""
    return _Running(lab, plan, history, loss).run()


def servers(node: Node, families: Sequence[Family]) -> frozenset[str]:
    """The addresses in those families at which a server can be asked, those for DNS64 too. Raises ``CannotMeasure`` if
    it has none."""
    held = [ipaddress.ip_address(each.address) for family in families for each in route.addresses(None, node, family)]
    found = frozenset(str(each) for each in held if not (each.is_link_local or each.is_loopback))
    if not found:
        raise CannotMeasure(f"{node.name} has no address at which it could be asked")
    return found


class _Running:
    def __init__(self, lab: Lab, plan: Plan, history: History, loss: Loss) -> None:
        self.lab, self.history, self.loss = lab, history, loss
        self.zone = f"{zones.INTERNAL}.{plan.domain}."
        self.servers = servers(lab.node(loss.lost), loss.families)
        at = [(lab.node(each), DEVICE) for each in loss.askers]
        self.capture = Capture(history, at, self._is_of_the_lost, keep=KEPT_PACKETS)

    def run(self) -> Lost:
        fault = self.loss.breaks.fault(self.lab)
        with self.capture:
            began = time.monotonic()
            self._prove_asked(self._look_up(ROUND), began, "before anything is broken")
            if self._count(began, question=False) == 0:
                raise CannotMeasure(f"{self.loss.lost} answers nobody before anything is broken")
            with applied(fault, self.lab, self.history) as broke:
                broken = time.monotonic()
                during = self._look_up(self.loss.names)
                asked = self._count(broken, question=True)
                if not asked:
                    raise CannotMeasure(f"nobody asked {self.loss.lost} while there was {fault}")
                if self._count(broken + 0.1, question=False):
                    raise CannotMeasure(f"{self.loss.lost} answered all the same: {fault} was not reached")
            mended = time.monotonic()
            back = self._back(mended)
            return Lost(self.loss, broke, during, self._look_up(ROUND), asked, back)

    def _look_up(self, count: int) -> tuple[LookedUp, ...]:
        """Names of a zone that is not signed and that only the province's servers know: "no such name" is not made up
        out of a cache (RFC 8198)."""

        def one(host: str) -> tuple[LookedUp, ...]:
            names = [f"{uuid4().hex}.{self.zone}" for _ in range(count)]
            return look_up(self.history, self.lab.node(host), names)

        return tuple(each for found in side_by_side(one, self.loss.hosts) for each in found)

    def _prove_asked(self, found: Sequence[LookedUp], since: float, when: str) -> None:
        if dumb := [each for each in found if not each.said]:
            raise CannotMeasure(f"{dumb[0].host} has no answer for {dumb[0].name} {when}")
        if not self._count(since, question=True):
            raise CannotMeasure(f"{self.loss.lost} is not asked {when}: nothing to drill")

    def _back(self, since: float) -> float | None:
        def unmet() -> str | None:
            self._look_up(1)
            return None if self._count(since, question=False) else "it has not answered"

        done = until([Condition(f"{self.loss.lost} answers again", unmet)], Deadline.after(BACK_SECONDS), workers=1)
        return None if done.pending else time.monotonic() - since

    def _passed(self, since: float) -> list[Passed]:
        return [found for packet in self.capture.packets(since) if (found := passed(packet.data))]

    def _count(self, since: float, *, question: bool) -> int:
        return sum(each.question is question for each in self._passed(since))

    def _is_of_the_lost(self, frame: bytes) -> bool:
        found = passed(frame)
        return found is not None and found.server in self.servers
