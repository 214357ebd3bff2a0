"""Where checks look from, and what the province's name server tells an outsider: shared by the groups of checks."""

from harness.errors import CannotMeasure
from harness.plan import derive, zones
from harness.probe import dns
from harness.probe.dns import DnsAsk
from harness.probe.dns_message import Question, values

OUTSIDE = ("viettel-citizen", "vnpt-citizen")
INSIDE = ("stttt-pc", "stttt-wifi")


def families(plan, lab, node):
    """The families of the LAN that a host is in; none for a node that is no host."""
    lan = next((each for each in plan.lans.values() if node in each.hosts), None)
    return derive.families(plan, lan, lab.stage) if lan else ()


def first_server(plan, lab):
    """An address of a name server in IPv4, which has been there from the beginning."""
    node = next(each.node for each in plan.services if each.name == "dns")
    return str(derive.address(plan, node, 4, lab.stage))


def looked_up(lab, history, plan, questions):
    """The values that the first name server gives an outsider for each (name, type). Raises if it does not answer."""
    node, server = lab.node(OUTSIDE[0]), first_server(plan, lab)
    seen = dns.many(history, [DnsAsk(node, 4, server, Question(*each, recursion=False)) for each in questions])
    if not all(each.answer == "reply" for each in seen):
        raise CannotMeasure(f"the name server {server} does not answer {node.name}, so what it holds is unknown")
    return {question: values(dict(each.data), question[1]) for question, each in zip(questions, seen, strict=True)}


def published_aaaa(lab, history, plan):
    """Every public name of the province → its AAAA. Raises if there is none at all to judge."""
    names = {each.name for each in zones.forward(plan, lab.stage, plan.domain)}
    full = sorted(plan.domain if name == "@" else f"{name}.{plan.domain}" for name in names)
    found = {name: held for (name, _), held in looked_up(lab, history, plan, [(name, "AAAA") for name in full]).items()}
    if not any(found.values()):
        raise CannotMeasure(f"{first_server(plan, lab)} gives no AAAA at all, so none can be judged")
    return found
