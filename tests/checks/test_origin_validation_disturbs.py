"""Whether edges heed what the RPKI says of a route, while its word changes and once its cache is gone."""

import json
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network

import pytest
from injected import WAIT_SECONDS, borders, each_of, injected, path_of, require, routes

from harness.errors import CannotMeasure, LabFailed
from harness.fault.service import ServiceStopped
from harness.plan.model import FAMILIES
from harness.probe.frr import frr
from harness.verdict import bad_routes, bgp
from harness.wait import Condition, Deadline, until

ROLE, SERVICE = "rpki", "72-stayrtr"
FILE, PID = "/etc/stayrtr/rpki.json", "/run/stayrtr.pid"


@dataclass(frozen=True)
class Said:
    """A ROA that the cache is given beside its own (RFC 9582)."""

    prefix: str
    longest: int
    origin: int

    def as_json(self):
        return {"prefix": self.prefix, "maxLength": self.longest, "asn": f"AS{self.origin}", "ta": "v6lab"}

    def as_known(self):
        """How a router shows it."""
        network = ip_network(self.prefix)
        return {
            "prefix": str(network.network_address),
            "prefixLenMin": network.prefixlen,
            "prefixLenMax": self.longest,
            "asn": self.origin,
        }


class Cache:
    """The validated cache that the edges ask (RFC 8210), and what they have of it."""

    def __init__(self, lab, edges):
        found = [name for name, node in lab.nodes.items() if node.role == ROLE]
        if len(found) != 1:
            raise CannotMeasure(f"one RPKI cache is expected, there are {len(found)}")
        self.lab, self.node, self.edges = lab, found[0], edges
        self.own = (lab.node(self.node).root / FILE.lstrip("/")).read_text()
        self.fault = ServiceStopped(self.node, SERVICE)

    def tell(self, roas=()):
        """Give it further ROAs, wait until every edge knows just those beside its own, and let it judge by them."""
        wanted = self._write(roas)
        answer = self.lab.exec(self.node, "sh", "-c", f"kill -HUP $(cat {PID})")
        if answer.code:
            raise CannotMeasure(f"{self.node} does not read its ROAs again: {answer.err}")
        require("what the cache says", [self._known(edge, wanted) for edge in self.edges])
        self._judge_again()

    def _judge_again(self):
        """FRR 10.3 shows another state of a route at once, and keeps the route until it is told to look again."""
        for edge in self.edges:
            self.lab.exec(edge, "vtysh", "-c", "clear bgp * soft in")

    def _write(self, roas):
        """Its file, with further ROAs; how routers show all of them."""
        data = json.loads(self.own)
        data["roas"] += [each.as_json() for each in roas]
        text = json.dumps(data) if roas else self.own
        answer = self.lab.engine.exec(self.lab.name, self.node, ("sh", "-c", f"cat >{FILE}"), stdin=text.encode())
        if answer.code:
            raise CannotMeasure(f"{self.node} does not take ROAs: {answer.err}")
        return [Said(each["prefix"], each["maxLength"], int(each["asn"][2:])).as_known() for each in data["roas"]]

    def _known(self, edge, wanted):
        def unmet():
            table = frr(None, self.lab.node(edge), "bgpd", "show rpki prefix-table json").get("prefixes", [])
            return None if sorted(map(str, table)) == sorted(map(str, wanted)) else f"it knows {len(table)} others"

        return Condition(f"{edge} and its ROAs", unmet)

    def _lost(self, edge):
        def unmet():
            seen = frr(None, self.lab.node(edge), "bgpd", "show rpki cache-connection json").get("connections", [])
            return "it has it still" if any(each["state"] == "connected" for each in seen) else None

        return Condition(f"{edge} and its cache", unmet)

    @contextmanager
    def gone(self, then):
        """Every edge has lost it, and has asked itself once more what it thinks of what its ISPs sent.

        It is back with other ROAs, ``then``: by these one sees that an edge has heard all it has to say. A cache that has
        started anew is a new session, for which routers have to be told to ask.
        """
        self.fault.apply(self.lab)
        try:
            require("the loss of the cache", [self._lost(edge) for edge in self.edges])
            self._judge_again()
            yield
        finally:
            wanted = self._write(then)
            self.fault.lift(self.lab)
            for edge in self.edges:
                self.lab.exec(edge, "vtysh", "-c", "rpki reset")
            require("the cache", [self._known(edge, wanted) for edge in self.edges])
            self._judge_again()

    def themselves(self):
        """Raises ``LabFailed`` if edges do not know afterwards what they knew."""
        try:
            self.tell()
        except CannotMeasure as error:
            raise LabFailed(str(error)) from error


@pytest.fixture
def cache(lab, plan):
    found = Cache(lab, [each.edge for each in borders(plan, lab)])
    yield found
    found.themselves()


class Edges:
    """What edges have accepted of what ISPs were made to send."""

    def __init__(self, lab, history, wanted, marker):
        self.lab, self.history, self.wanted, self.marker = lab, history, wanted, marker

    def judge(self, told, hold=0.0):
        """Findings once edges do as they are told, or at the end of ``WAIT_SECONDS``; with ``hold``, after so long at
        least, if they do not stop doing so before. ``told``: prefix → (whether to be taken, what the RPKI says)."""

        def findings(history=None):
            return sum((self._findings(*place, told, history) for place in each_of(self.wanted)), ())

        agree = Condition("edges", lambda: "they do otherwise" if findings() else None)
        until([agree], Deadline.after(WAIT_SECONDS))
        if hold:
            until([Condition("a change", lambda: None if findings() else "none")], Deadline.after(hold))
        return findings(self.history)

    def _findings(self, border, family, prefixes, told, history):
        seen = routes(self.lab, history, border.edge, family, border.isp_side[family], "routes")
        accepted = {prefix for prefix in seen if self.marker in path_of(seen[prefix])}
        bad, owed = ({each: told[each][1] for each in prefixes if told[each][0] == good} for good in (False, True))
        return bgp.filtered(f"{border.edge} from {border.isp} in IPv{family}", accepted, bad, owed)


def sent_by(found):
    """Border → family → two prefixes that no filter names: every ISP sends both."""
    return {
        border: {family: list(bad_routes.CONTROLS[family]) for family in FAMILIES if family in border.isp_side}
        for border in found
    }


@pytest.mark.disturbs
@pytest.mark.check("BGP-12")
def test_what_the_rpki_says_is_heeded_and_remembered_when_its_cache_is_gone(lab, history, plan, cache, targets, judged):
    found = borders(plan, lab)
    pairs = [bad_routes.CONTROLS[family] for family in FAMILIES]
    with injected(lab, history, plan, sent_by(found)) as origin:
        edges = Edges(lab, history, sent_by(found), origin)
        foreign = next(each.number for each in found if each.number != origin)
        invalid, valid, told = [], [], {}
        for other, longer in pairs:
            wide = ip_network(longer).supernet()
            invalid += [Said(other, ip_network(other).prefixlen, foreign), Said(str(wide), wide.prefixlen, origin)]
            valid += [Said(each, ip_network(each).prefixlen, origin) for each in (other, longer)]
            told |= {other: (False, "invalid: another origin"), longer: (False, "invalid: too long")}
        every = [prefix for pair in pairs for prefix in pair]
        findings = edges.judge(dict.fromkeys(every, (True, "not found")))
        cache.tell(invalid)
        findings += edges.judge(told)
        with cache.gone(then=valid):
            late = {each: (False, f"{why}, its cache gone") for each, (_, why) in told.items()}
            findings += edges.judge(late, targets["leak_hold_s"])
        findings += edges.judge(dict.fromkeys(every, (True, "valid")))
        cache.tell()
    judged(findings, tuple(event.reference for event in history.events("probe.frr")[-8:]))
