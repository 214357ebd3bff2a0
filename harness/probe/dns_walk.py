"""Resolving a name from the root over one family only: does it resolve on this transport alone?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dns.name

from harness.history.history import History
from harness.history.seen import Family, Seen
from harness.node import Node
from harness.probe import dns as dns_probe
from harness.probe import patience
from harness.probe.dns_message import ADDRESS_TYPE, Question, absolute, values
from harness.probe.side_by_side import side_by_side

MOST_REFERRALS = 20
MOST_DEPTH = 6
"""Names of name servers that have to be resolved to resolve a name: deeper than this it is a loop."""
MOST_ALIASES = 8


@dataclass(frozen=True, slots=True)
class Step:
    """One question of the walk: what was seen from ``server`` (``name``, at the address in ``seen``) about ``zone``.

    ``outcome`` is *referral* (on to ``next_zone``), *answer*, *alias*, *nxdomain*, *nodata*, *lame* (answers, but not
    for that zone) or the probe's own *refusal*, *silence*, *unreachable*. ``depth`` > 0: to find a name server.
    """

    zone: str
    server: str
    seen: Seen
    outcome: str
    next_zone: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Walk:
    """A name resolved, or not: ``values`` of the type, the steps in their order, ``why`` if it came to nothing.

    ``unusable`` are name servers (zone, name) that were wanted and have no address of the family.
    """

    name: str
    rdtype: str
    family: Family
    values: tuple[str, ...]
    steps: tuple[Step, ...]
    why: str = ""
    unusable: tuple[tuple[str, str], ...] = ()

    @property
    def resolved(self) -> bool:
        """Whether the name resolves over this family alone."""
        return bool(self.values)


_Server = tuple[str, tuple[str, ...]]
"""A name server and its addresses of the family."""


@dataclass(slots=True)
class _Walker:
    history: History
    node: Node
    family: Family
    roots: tuple[str, ...]
    deadline: float
    each: float
    dnssec: bool
    steps: list[Step] = field(default_factory=list)
    unusable: list[tuple[str, str]] = field(default_factory=list)
    known: dict[str, tuple[str, ...]] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    """Zones none of whose servers says anything: no other name in them need be asked for."""


def iterate(
    history: History,
    node: Node,
    root_addresses: Sequence[str],
    name: str,
    rdtype: str,
    family: Family,
    *,
    timeout: float = 15.0,
    each: float = dns_probe.WAIT_SECONDS,
    dnssec: bool = False,
) -> Walk:
    """Walk the referrals from the root servers at ``root_addresses`` (of ``family``) to ``name``.

    Only glue of ``family`` is used; a name server without glue is looked up from the root over the same family.
    One server of a zone is asked, and all others at once if it does not help; those that did not are among the steps.
    ``each`` is the time for one question, ``timeout`` for the whole. Raises as ``dns.query`` does.
    """
    walker = _Walker(history, node, family, tuple(root_addresses), time.monotonic() + timeout, each, dnssec)
    found, why = _resolve(walker, absolute(name), rdtype, 0)
    return Walk(absolute(name), rdtype, family, found, tuple(walker.steps), why, tuple(walker.unusable))


def _resolve(walker: _Walker, name: str, rdtype: str, depth: int) -> tuple[tuple[str, ...], str]:
    """The values of a name and why there are none."""
    if depth > MOST_DEPTH:
        return (), f"name servers depend on each other too deeply at {name}"
    for _ in range(MOST_ALIASES):
        step, why = _descend(walker, name, rdtype, depth)
        if step is None:
            return (), why
        if step.outcome != "alias":
            found = tuple(values(dict(step.seen.data), rdtype))
            return found, "" if found else f"{name} {rdtype}: {step.outcome}"
        name = absolute(values(dict(step.seen.data), "CNAME", name)[0])
    return (), f"too many aliases at {name}"


def _descend(walker: _Walker, name: str, rdtype: str, depth: int) -> tuple[Step | None, str]:
    """Follow referrals down to the zone of ``name``: its last step, or why none was reached."""
    zone = "."
    servers = _first_alone(walker, [(address, (address,)) for address in walker.roots])
    for _ in range(MOST_REFERRALS):
        step = _ask_zone(walker, zone, servers, name, rdtype, depth)
        if step is None:
            return None, f"no name server of {zone} can be used over IPv{walker.family}"
        if step.outcome != "referral":
            return step, ""
        zone = step.next_zone
        servers = _servers(walker, zone, dict(step.seen.data), depth)
    return None, f"too many referrals at {zone}"


def _ask_zone(
    walker: _Walker, zone: str, servers: Iterator[Sequence[_Server]], name: str, rdtype: str, depth: int
) -> Step | None:
    """Ask the servers of a zone, those of one batch at once, until one helps: the first of its batch that does."""
    question = Question(name, rdtype, recursion=False, dnssec=walker.dnssec)
    heard = zone in walker.dead
    for batch in () if zone in walker.dead else servers:
        left = walker.deadline - time.monotonic()
        if left <= 0:
            return None
        places = [(server, address) for server, addresses in batch for address in addresses]
        wait = min(walker.each, left)
        answers = side_by_side(lambda place, wait=wait: _ask(walker, place[1], question, wait), places)  # type: ignore[misc]
        for (server, _), seen in zip(places, answers, strict=True):
            outcome, next_zone = judge(zone, name, rdtype, seen)
            walker.steps.append(Step(zone, server, seen, outcome, next_zone, depth))
            if outcome in ("referral", "answer", "alias", "nxdomain", "nodata"):
                return walker.steps[-1]
            heard = heard or outcome == "lame"
    if not heard:
        walker.dead.add(zone)
    return None


def _first_alone(walker: _Walker, servers: Sequence[_Server]) -> Iterator[Sequence[_Server]]:
    """One server is asked; only where it does not help, or has just kept silent, all others at once."""
    alone = 1
    if servers:
        places = [patience.udp(walker.node, walker.family, address, dns_probe.PORT) for address in servers[0][1]]
        alone = 0 if all(patience.is_silent(walker.history, each) for each in places) else 1
    yield from filter(None, (servers[:alone], servers[alone:]))


def _ask(walker: _Walker, address: str, question: Question, timeout: float) -> Seen:
    seen = dns_probe.query(walker.history, walker.node, walker.family, address, question, timeout)
    if seen.answer == "reply" and seen.data.get("tc"):  # RFC 7766 §5
        over_tcp = Question(question.name, question.rdtype, False, question.dnssec, transport="tcp")
        return dns_probe.query(walker.history, walker.node, walker.family, address, over_tcp, timeout)
    return seen


def judge(zone: str, name: str, rdtype: str, seen: Seen) -> tuple[str, str]:
    """What a server's answer means to the walk, and the zone that it refers to: RFC 1034 §5.3.3."""
    if seen.answer != "reply":
        return seen.answer, ""
    data = dict(seen.data)
    if data.get("rcode") == "NXDOMAIN" and data["aa"]:
        return "nxdomain", ""
    if data.get("rcode") != "NOERROR":
        return "lame", ""
    if values(data, rdtype):
        return "answer", ""
    if rdtype != "CNAME" and values(data, "CNAME", name):
        return "alias", ""
    below = [each["name"] for each in data["authority"] if each["type"] == "NS" and _is_below(each["name"], zone, name)]
    if below:
        return "referral", below[0]
    return ("nodata" if data["aa"] else "lame"), ""


def _is_below(cut: str, zone: str, name: str) -> bool:
    """Whether a referral leads down: ``cut`` under ``zone`` and ``name`` at or under ``cut``."""
    at = dns.name.from_text(cut)
    return (
        at != dns.name.from_text(zone)
        and at.is_subdomain(dns.name.from_text(zone))
        and dns.name.from_text(name).is_subdomain(at)
    )


def glue(data: Mapping[str, Any], server: str, family: Family) -> tuple[str, ...]:
    """The addresses of one family that a referral carries for a name server."""
    wanted = ADDRESS_TYPE[family]
    return tuple(
        value
        for each in data["additional"]
        if each["type"] == wanted and each["name"] == server
        for value in each["values"]
    )


def _servers(walker: _Walker, zone: str, data: Mapping[str, Any], depth: int) -> Iterator[Sequence[_Server]]:
    """The name servers of a referral with their addresses: those with glue first, the rest looked up when needed."""
    records = (each for each in data["authority"] if each["type"] == "NS" and each["name"] == zone)
    names = [absolute(value) for each in records for value in each["values"]]
    with_glue = {name: glue(data, name, walker.family) for name in names}
    yield from _first_alone(walker, [(name, addresses) for name, addresses in with_glue.items() if addresses])
    for name in (name for name, addresses in with_glue.items() if not addresses):
        inside_zone = dns.name.from_text(name).is_subdomain(dns.name.from_text(zone))
        addresses = () if inside_zone else _look_up(walker, name, depth)
        if addresses:
            yield [(name, addresses)]
        else:
            walker.unusable.append((zone, name))


def _look_up(walker: _Walker, name: str, depth: int) -> tuple[str, ...]:
    if name not in walker.known:
        walker.known[name] = ()  # a name server that needs itself finds nothing
        walker.known[name], _ = _resolve(walker, name, ADDRESS_TYPE[walker.family], depth + 1)
    return walker.known[name]
