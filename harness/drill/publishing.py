"""Is any AAAA published whose service does not listen, at any instant of a step? Asked several times a second."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.lab.lab import Lab
from harness.plan import derive, zones
from harness.plan.model import Plan
from harness.probe import dns
from harness.probe.dial import TcpAsk
from harness.probe.dns import DnsAsk
from harness.probe.dns_message import Question, values
from harness.probe.tcp import connect_many
from harness.verdict.rehearsal import Unserved

SOURCE = "viettel-citizen"
EVERY_SECONDS = 0.2
CONNECT_SECONDS = 1.5
"""More than the second after which a kernel repeats its SYN: one lost packet is no shut port."""


class Publishing:
    """Notes each AAAA of a public service that was published before and after its port was found shut.

    Both looks at the name count: when a service is withdrawn, its AAAA may go between the first and the port.
    ``once`` looks at all names; ``blind`` counts the looks at which the name server did not answer, so that nothing is
    known; ``published`` says which AAAA was first and last seen when (CLOCK_MONOTONIC).
    """

    def __init__(self, lab: Lab, plan: Plan, history: History) -> None:
        self.node, self.history = lab.node(SOURCE), history
        self.server = _server(plan, lab.stage)
        self.ports = _ports(plan)
        self.unserved: list[Unserved] = []
        self.published: dict[tuple[str, str], tuple[float, float]] = {}
        self.open: dict[tuple[str, int], float] = {}
        self.looks = self.blind = 0

    def once(self) -> None:
        """One look at all names, and at the ports of every AAAA that is published."""
        at = time.monotonic()
        said = self._said(tuple(self.ports))
        wanted = [(name, each, port) for name in said for each in said[name] for port in self.ports[name]]
        for name, address in {(name, address) for name, address, _ in wanted}:
            first, _ = self.published.get((name, address), (at, at))
            self.published[name, address] = first, at
        places = sorted({(address, port) for _, address, port in wanted})
        asks = [TcpAsk(self.node, 6, *place) for place in places]
        found = dict(zip(places, connect_many(self.history, asks, CONNECT_SECONDS), strict=True)) if asks else {}
        for place, seen in found.items():
            if seen.answer == "reply":
                self.open.setdefault(place, seen.at)
        shut = [each for each in wanted if found[each[1:]].answer != "reply"]
        doubtful = tuple(dict.fromkeys(name for name, *_ in shut))
        still = self._said(doubtful)
        self.unserved += [
            Unserved(name, address, port, at, found[address, port].answer)
            for name, address, port in shut
            if address in still.get(name, ())
        ]
        self.looks += 1
        self.blind += len(said) < len(self.ports) or len(still) < len(doubtful)

    def _said(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Each name's AAAA as the first name server has them; a name whose question was lost is left out."""
        asks = [DnsAsk(self.node, 4, self.server, Question(name, "AAAA", recursion=False)) for name in names]
        seen = dns.many(self.history, asks) if asks else []
        return {
            name: tuple(str(ip_address(each)) for each in values(dict(one.data), "AAAA"))
            for name, one in zip(names, seen, strict=True)
            if one.answer == "reply"
        }


def _server(plan: Plan, stage: str) -> str:
    node = next((each.node for each in plan.services if each.name == "dns"), None)
    address = derive.address(plan, node, 4, stage) if node else None
    if address is None:
        raise CannotMeasure(f"the plan has no name server in IPv4 at {stage}")
    return str(address)


def _ports(plan: Plan) -> dict[str, tuple[int, ...]]:
    """Every name of a service for everyone → the TCP ports that it is offered on."""
    found: dict[str, set[int]] = {}
    for service in plan.services:
        if "internet" in service.sources:
            for name in zones.names_of(plan, service.node):
                found.setdefault(name, set()).update(service.tcp)
    return {name: tuple(sorted(ports)) for name, ports in found.items()}
