"""One host on one journey: whom it is, where names lead it, and what it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from harness.history.history import History
from harness.history.seen import Family, Seen
from harness.lab.lab import Lab
from harness.node import Node
from harness.plan.journeys import Manner, families_in
from harness.plan.model import Plan
from harness.probe import dns
from harness.probe.dns_message import ADDRESS_TYPE, Question, values
from harness.probe.mail import Login
from harness.probe.tls import Tls
from harness.render.keys import Keys

Way = tuple[Family, str]
"""A family and an address of it."""
OFFICER = "canbo1"
"""Who writes letters and reads documents."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One host on one journey. ``token`` is in the subject of its letters."""

    lab: Lab
    plan: Plan
    history: History
    node: Node
    manner: Manner
    token: str = field(default_factory=lambda: uuid4().hex)

    def tls(self, name: str) -> Tls:
        """TLS as the host's own store of CAs wants it."""
        return Tls(name, self.node.root / "etc/ssl/v6lab/ca.pem")

    def full(self, place: str) -> str:
        """A place of a step as a whole name: the last name of a service of the plan, or what is whole already."""
        names = next((each.names for each in self.plan.services if each.name == place), None)
        if names is None:
            return place
        return f"{names[-1]}.{self.plan.domain}" if names[-1] else self.plan.domain

    def login(self, user: str) -> Login:
        """An officer's name and password."""
        return Login(user, Keys(self.plan.keys).password(user))


def resolvers(node: Node, first: Family) -> list[Way]:
    """The name servers that a host has been told of, those of a family before the others."""
    path = node.root / "etc/resolv.conf"
    lines = path.read_text().splitlines() if path.exists() else []
    found = [line.split()[1] for line in lines if line.startswith("nameserver ")]
    ways: list[Way] = [(6 if ":" in each else 4, each) for each in found]
    return sorted(ways, key=lambda way: way[0] != first)


def addresses(trip: Trip, name: str) -> tuple[list[Way], str]:
    """Where a name leads in the families of the trip, IPv6 first; if nowhere, the text says why."""
    found: list[Way] = []
    reasons: list[str] = []
    for family in families_in(trip.manner):
        given, why = _asked(trip, name, family)
        found += [(family, each) for each in given]
        reasons += [why] if why else []
    return found, "" if found else "; ".join(dict.fromkeys(reasons))


def _asked(trip: Trip, name: str, family: Family) -> tuple[list[str], str]:
    rdtype, why = ADDRESS_TYPE[family], "it has learnt no resolver"
    for over, server in resolvers(trip.node, family):
        seen = dns.query(trip.history, trip.node, over, server, Question(name, rdtype))
        if seen.answer == "reply" and seen.data.get("rcode") in ("NOERROR", "NXDOMAIN"):
            given = values(dict(seen.data), rdtype)
            return given, "" if given else f"{name} has no {rdtype}"
        why = f"resolver {server}: {seen.data.get('rcode') or seen.answer}"
    return [], why


def first(ways: list[Way], ask: Callable[[Family, str], Seen]) -> Seen:
    """The first that answers, else the last."""
    for family, address in ways:
        seen = ask(family, address)
        if seen.answer == "reply":
            break
    return seen


def said(seen: Seen) -> str:
    """Why it came to nothing, in a word."""
    told = seen.data.get("error") or seen.data.get("reason") or seen.answer
    return f"{seen.asked.get('address')} port {seen.asked.get('port')}: {told}"
