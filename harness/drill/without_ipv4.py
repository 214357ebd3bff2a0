"""A rehearsal without IPv4: it is taken from people's hosts, their journeys are counted, it is given back and proven."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from harness.drill.as_before import left_over, remember
from harness.drill.journeys import as_people_do, make, offered, planned_of
from harness.errors import LabFailed, WrongInput
from harness.fault.base import applied
from harness.fault.without_ipv4 import WithoutIpv4, policy
from harness.history.history import History
from harness.lab import record as records
from harness.lab.conditions import quiet
from harness.lab.converge import CONVERGE_SECONDS, Told, converge
from harness.lab.lab import Lab
from harness.plan import derive
from harness.plan.journeys import Journey
from harness.plan.model import Plan
from harness.probe import snapshot
from harness.verdict.readiness import Outcome, Readiness, not_back, readiness
from harness.wait import Deadline

RESTORED_SECONDS = 20.0
CAUSE = "IPv4 is taken away"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rehearsal came to: each site's readiness, how many rounds were made in how many seconds, and what people
    had before and have not again."""

    sites: tuple[Readiness, ...]
    hosts: tuple[str, ...]
    rounds: int
    seconds: float
    not_back: tuple[Outcome, ...]


def hosts_of(plan: Plan, lab: Lab, site: str | None) -> dict[str, str]:
    """The clients of one of the province's sites, or of all: host → site. Raises ``WrongInput`` for a wrong site."""
    found = {
        host: lan.site
        for lan in plan.lans.values()
        if derive.is_own(plan, lan.site)
        for host, number in lan.hosts.items()
        if number is None and host in lab.nodes
    }
    if site is not None and site not in found.values():
        known = ", ".join(dict.fromkeys(found.values()))
        raise WrongInput(f"no people live in {site!r}", where="--site", hint=f"choose one of: {known}")
    return {host: where for host, where in found.items() if site in (None, where)}


def rehearse(
    lab: Lab,
    history: History,
    journeys: Sequence[Journey],
    site: str | None,
    seconds: float,
    told: Told,
) -> Rehearsal:
    """Take IPv4 from the clients of a site (or of all) for ``seconds``, at least for one round of journeys.

    Raises ``LabFailed`` if the lab is not at rest, or not as before afterwards.
    """
    plan = planned_of(lab)
    hosts = hosts_of(plan, lab, site)
    _mend(lab, plan, told)
    planned = as_people_do(offered(lab, journeys), hosts)
    told.phase("journeys with IPv4")
    before = make(lab, history, planned)
    rounds: list[list[Outcome]] = []
    with _away(lab, history, tuple(hosts), told):
        began = time.monotonic()
        while not rounds or time.monotonic() - began < seconds:
            told.phase(f"journeys without IPv4, round {len(rounds) + 1}")
            rounds.append(make(lab, history, planned))
        took = time.monotonic() - began
    told.phase("journeys with IPv4 again")
    after = make(lab, history, planned)
    return Rehearsal(
        tuple(_site(each, hosts, before, rounds) for each in dict.fromkeys(hosts.values())),
        tuple(hosts),
        len(rounds),
        took,
        not_back(before, after),
    )


def _site(
    site: str, hosts: Mapping[str, str], before: Sequence[Outcome], rounds: Sequence[Sequence[Outcome]]
) -> Readiness:
    return readiness(site, [each for each in before if hosts[each.host] == site], rounds)


@contextmanager
def _away(lab: Lab, history: History, hosts: tuple[str, ...], told: Told) -> Iterator[None]:
    """Run the body while the hosts have no IPv4; whatever happens, it is given back, and the lab proven as before.
    Meanwhile the lab's record says why it is *between*."""
    standing, fault = lab.record, WithoutIpv4(hosts)
    before = remember(lab, lambda: _state(lab, hosts))
    told.phase("taking IPv4 away")
    try:
        records.save(standing.between(f"{CAUSE} from {', '.join(hosts)}"))
        with applied(fault, lab, history):
            yield
    finally:
        told.phase("proving that all is as before")
        if left := left_over(lab, before, RESTORED_SECONDS, lambda: _state(lab, hosts)):
            raise LabFailed(f"lab {lab.name} is not as before: {'; '.join(map(str, left[:5]))}")
        records.save(standing)


def _mend(lab: Lab, plan: Plan, told: Told) -> None:
    """Give back what a rehearsal took that was killed. Raises ``LabFailed`` for a lab that is not at rest otherwise."""
    at, cause = lab.record.state == "at", lab.record.cause
    if not at and not cause.startswith(CAUSE):
        raise LabFailed(f"lab {lab.name} is {lab.record.state} ({cause}): bring it to rest first (v6lab up)")
    fault = WithoutIpv4(tuple(hosts_of(plan, lab, None)))
    if at and not fault.standing(lab):
        return
    told.phase("giving back what an earlier rehearsal took")
    fault.lift(lab)
    with quiet.watch(lab) as routes:
        converge(lab, told, Deadline.after(CONVERGE_SECONDS), time.monotonic(), routes)


def _state(lab: Lab, hosts: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
    rules = {f"{host} IPv4 policy": frozenset(policy(lab.node(host))) for host in hosts}
    return {**snapshot.take(None, lab.nodes.values()), **rules}
