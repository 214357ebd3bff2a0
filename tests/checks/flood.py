"""More prefixes than a session's limit, announced by the real ISP's router until the session ends, then taken back."""

import re
import time
from contextlib import contextmanager
from ipaddress import ip_network
from itertools import islice

from border_sessions import neighbours
from injected import WAIT_SECONDS, calmed, let_speak, put_in, require, take_out, tell

from harness.errors import CannotMeasure, LabFailed
from harness.probe.frr import SHORT
from harness.probe.side_by_side import side_by_side
from harness.verdict.bgp import NAMES
from harness.verdict.border import ESTABLISHED, Tripped
from harness.wait import Condition, Deadline, until

ROOM = {4: (ip_network("44.0.0.0/8"), 24), 6: (ip_network("2610::/16"), 48)}
"""Where the prefixes are cut from: space that no filter should name, in the longest pieces that an ISP may send."""
MOST = 20_000
"""More than that would take minutes to put in, one by one, and are too many for a machine with a whole estate on it."""
LOG = "var/log/frr/bgpd.log"
CALM_SECONDS = 0.5


def prefixes(plan, family, count):
    """As many prefixes that pass every filter: none of a block of the plan."""
    room, length = ROOM[family]
    used = [each.networks[family] for each in plan.blocks.values() if family in each.networks]
    free = (each for each in room.subnets(new_prefix=length) if not any(each.overlaps(one) for one in used))
    return [str(each) for each in islice(free, count)]


class Flood:
    """One session with an ISP while it is flooded."""

    def __init__(self, lab, history, plan, border, family, limit):
        self.lab, self.history, self.plan, self.border, self.family = lab, history, plan, border, family
        self.limit, self.peer = limit, border.isp_side[family]
        self.before = self.accepted()
        self.sent = prefixes(plan, family, limit + 1 - self.before)
        if limit > MOST or limit + 1 - self.before != len(self.sent):
            raise CannotMeasure(f"{border.edge} allows {limit} IPv{family} prefixes, more than can be announced here")
        self.log = lab.node(border.edge).root / LOG
        if not self.log.exists():
            raise CannotMeasure(f"{border.edge} keeps no log of bgpd, so whether it warned is unknown")
        self.logged = self.log.stat().st_size

    def record(self):
        return neighbours(self.lab, None, self.border.edge)[self.peer]

    def state(self):
        return self.record()["bgpState"]

    def accepted(self):
        return self.record()["addressFamilyInfo"].get(NAMES[self.family], {}).get("acceptedPrefixCounter", 0)

    def put(self, some):
        put_in(self.lab, self.history, self.border, {self.family: some}, self.plan.asns["vnix"].number)

    def to_the_limit(self):
        """Announce all but the last; the state of the session at exactly its limit."""
        self.put(self.sent[:-1])

        def unmet():
            count = self.accepted()
            return None if count >= self.limit or self.state() != ESTABLISHED else f"{count} of {self.limit} accepted"

        require(f"the limit of {self.border.edge} in IPv{self.family}", [Condition("prefixes", unmet)])
        return self.state()

    def above_it(self, watch, most):
        """Announce the last one; seconds until the session was seen down, ``None`` if it stayed up."""
        began = time.monotonic()
        self.put(self.sent[-1:])
        edge = self.border.edge
        up = Condition("Idle", lambda: "still up" if watch.is_up(edge, self.peer) else None)
        if until([up], Deadline.after(most + 1)).pending:
            return None
        return watch.down_at(edge, self.peer, began) - began

    def reasons(self):
        """The last notification as both ends have it, when the other end has heard of it."""
        sides = {self.border.edge: self.peer, self.border.isp: self.border.edge_side[self.family]}

        def said(router):
            return neighbours(self.lab, self.history, router).get(sides[router], {}).get("lastErrorCodeSubcode", "")

        both = [Condition(each, lambda each=each: None if said(each) else "no notification yet") for each in sides]
        until(both, Deadline.after(CALM_SECONDS))
        return {router: said(router) for router in sides}

    def warned(self):
        """The number of prefixes at which the router wrote its warning, ``None`` if it did not."""
        with self.log.open("rb") as log:
            log.seek(self.logged)
            text = log.read().decode(errors="replace")
        name = f"IPv{self.family} Unicast prefix received from {re.escape(self.peer)}"
        found = re.search(rf"{name}\S* reaches (\d+), max", text)
        return int(found[1]) if found else None

    def trip(self, watch, beside, most):
        """Flood it; what came of it, and of the sessions ``beside`` it (router, neighbour's address)."""
        began = time.monotonic()
        at_limit = self.to_the_limit()
        seconds = self.above_it(watch, most)

        def others():
            """Those that went down meanwhile."""
            gone = (each for each in tuple(watch.changes) if each.at >= began and each.state != ESTABLISHED)
            return {
                f"{each.router} neighbour {each.peer}": each.state
                for each in gone
                if (each.router, each.peer) in beside
            }

        until([Condition("another goes down", lambda: None if others() else "none has")], Deadline.after(CALM_SECONDS))
        state, where = self.state(), f"{self.border.edge} from {self.border.isp} in IPv{self.family}"
        reasons = {} if seconds is None else self.reasons()
        return Tripped(where, self.limit, at_limit, seconds, state, reasons, self.warned(), others())

    def end(self):
        """Take all back, and let the session up again: bgpd keeps it down until it is told."""
        take_out(self.lab, self.history, self.border, {self.family: self.sent})
        if self.state() != ESTABLISHED:
            self.lab.exec(self.border.edge, "vtysh", "-c", f"clear bgp {SHORT[self.family]} {self.peer}")

    def over(self):
        """The condition that the session is up again, with what it had before."""

        def unmet():
            count = self.accepted()
            return None if count == self.before else f"{count} instead of {self.before} prefixes"

        return Condition(f"{self.border.edge} from {self.border.isp} in IPv{self.family}", unmet)


def rounds(borders, families):
    """Each border and family once, every border in each round: of a session's neighbours in a round, the border's other
    family and its own family at the other border are left alone."""
    for shift in range(len(families)):
        yield [(border, families[(shift + index) % len(families)]) for index, border in enumerate(borders)]


@contextmanager
def calm(lab, history, borders):
    """No ISP keeps news back while the body runs, not even what it tells first in a session that comes up again."""
    lines = {each: calmed(each, lab.exec(each.isp, "vtysh", "-c", "show running-config").out) for each in borders}
    try:
        for each, told in lines.items():
            let_speak(lab, history, each, told)
        yield
    finally:
        for each, told in lines.items():
            tell(lab, history, each.isp, [f"router bgp {each.number}", *told])


def trip_all(lab, history, plan, places, watch, beside, most):
    """Flood several sessions at once, (border, family, limit) each; what came of them. All is over when it returns;
    raises ``LabFailed`` if not."""
    floods = [Flood(lab, history, plan, *place) for place in places]
    try:
        return side_by_side(lambda each: each.trip(watch, beside, most), floods)
    finally:
        side_by_side(Flood.end, floods)
        if left := until([each.over() for each in floods], Deadline.after(WAIT_SECONDS)).pending:
            raise LabFailed("; ".join(f"{name}: {why}" for name, why in left))
