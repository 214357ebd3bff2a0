"""A stage step that is broken off, taken back and then made, with a look before each sub-action."""

import time
from dataclasses import dataclass
from pathlib import Path

from harness.drill.as_before import left_over, remember
from harness.drill.journeys import known, make, offered
from harness.drill.judging import judge
from harness.drill.laid import wanted
from harness.errors import CannotMeasure
from harness.lab.apply import changes
from harness.lab.converge import Told
from harness.lab.lab import Lab
from harness.lab.reload import SERVICES, TABLE
from harness.lab.steps import order
from harness.lab.walk import takes_away, walk
from harness.plan import derive
from harness.probe.capture import Capture
from harness.probe.frr import frr
from harness.probe.ra import parse
from harness.probe.rules import rules
from harness.probe.session_age import ages
from harness.probe.session_watch import COMMAND, ESTABLISHED, TABLES
from harness.probe.side_by_side import side_by_side
from harness.probe.snapshot import rule_line
from harness.render.render import Configs, render
from harness.verdict import rehearsal as rehearsed
from harness.verdict.migration import Advertised, Look, Spoken
from harness.verdict.rehearsal import Session

QUIET = Told(lambda text: None, lambda met, left: None)
AGAIN = tuple(each for each in TABLE if each.name in ("10-nftables", "30-frr"))
"""What is told once more to take over what it has: the filters, and routing, where a session could be reset."""


class BrokenOff(Exception):
    """The step's command ends here."""


@dataclass(frozen=True)
class Stepped:
    """What was seen. ``reset`` are IPv4 sessions that were reset while the step was broken off and taken back,
    ``kept`` the same for the step that was made, ``left`` what differs then from before all of it."""

    earlier: str
    between: bool
    journeys: tuple
    congruent: tuple
    left_back: tuple
    reset: tuple
    looks: tuple
    fresh: tuple
    advertised: tuple
    kept: tuple
    left: tuple
    changed: tuple
    twice: tuple
    evidence: tuple


def stepped(lab, history, plan):
    """From the lab's stage back to the one before, there and back, broken off, and forward, whatever happens."""
    stage, names = lab.stage, plan.stage_names()
    earlier = names[names.index(stage) - 1]
    before = remember(lab)
    try:
        walk(lab, earlier, QUIET)
        return _there_and_back(lab, history, plan, earlier, stage, before)
    finally:
        if lab.stage != stage or lab.record.state != "at":
            walk(lab, stage, QUIET)


def _there_and_back(lab, history, plan, earlier, stage, before):
    was, last = remember(lab), _last_action(lab, stage)
    old, since = sessions(lab), time.monotonic()
    broken = _broken_off(lab, history, stage, last)
    walk(lab, earlier, QUIET)
    left_back = left_over(lab, was)
    reset = tuple(rehearsed.flapped(old, sessions(lab), time.monotonic() - since))
    made = _made(lab, history, plan, stage)
    left = left_over(lab, before)
    changed, twice = _twice(lab, stage, before)
    return Stepped(
        earlier,
        *broken,
        left_back,
        reset,
        *made,
        left,
        changed,
        twice,
        (history.append("check.step", "", {"from": earlier, "to": stage, "broken off before": last}).reference,),
    )


def sessions(lab, family=4):
    """The BGP sessions of a family as their routers count them."""
    found = ages(lab.nodes.values())
    return {key: Session(each.up, each.lost, each.age_s) for key, each in found.items() if key[1] == family}


def _last_action(lab, stage):
    """The name of the step's last sub-action, which nobody has to make to know it."""
    trees = render(lab.topology, lab.plan, Configs(Path(lab.record.project) / "configs"), stage)
    roles = {name: node.role for name, node in lab.nodes.items()}
    return order(changes(lab, trees), roles, backward=takes_away(lab.plan, lab.stage, stage))[-1].name


def _broken_off(lab, history, stage, last):
    def begins(action):
        if action == last:
            raise BrokenOff

    try:
        walk(lab, stage, QUIET, begins=begins)
    except BrokenOff:
        pass
    else:
        raise CannotMeasure(f"the step to {stage} was not broken off before {last}")
    between = Lab.attach(lab.name).record.state == "between"
    planned = [each for each in offered(lab, known(lab)) if each.manner == 4]
    journeys = tuple(make(lab, history, planned))
    both = 6 in derive.families_of(lab.plan, "stttt-pc", lab.stage)
    congruent = judge(lab, ["SEC-01"], Path(lab.record.run) / "step") if both else ()
    return between, journeys, congruent


def _made(lab, history, plan, stage):
    lans = [
        lan
        for lan in plan.lans.values()
        if derive.is_own(plan, lan.site)
        and lan.ra != "none"
        and lan.switch
        and 6 in derive.families(plan, lan, stage)
        and 6 not in derive.families(plan, lan, lab.stage)
    ]
    hosts = {lan.name: next(host for host, number in lan.hosts.items() if number is None) for lan in lans}
    doors = [name for name, node in lab.nodes.items() if node.role == "firewall"]
    fences = {lan.name: (lan.switch, *lan.gateways, *doors) for lan in lans}
    protectors = sorted({node for nodes in fences.values() for node in nodes})
    borders = [node for node in lab.nodes.values() if node.role == "edge"]
    looks, old, since = [], sessions(lab), time.monotonic()
    known_before = set(spoken(lab, borders))

    def look(action):
        found = side_by_side(lambda name: frozenset(map(rule_line, rules(None, lab.node(name)))), protectors)
        held = dict(zip(protectors, found, strict=True))
        looks.append(Look(time.monotonic(), action, spoken(lab, borders), held))

    with Capture(
        history, [(lab.node(host), "eth1") for host in hosts.values()], lambda frame: parse(frame) is not None
    ) as seen:
        walk(lab, stage, QUIET, begins=look)
        look("the end")
        packets = seen.packets()
    external = _external(lab, plan)
    fresh = tuple(key for key in looks[-1].sessions if key not in known_before and key[1] in external)
    kept = tuple(rehearsed.flapped(old, sessions(lab), time.monotonic() - since))
    first = {lan: min((each.at for each in packets if each.node == host), default=None) for lan, host in hosts.items()}
    return tuple(looks), fresh, tuple(Advertised(lan, first[lan], fences[lan]) for lan in fences), kept


def spoken(lab, borders):
    """(border, peer) → its session at this instant."""
    return {
        (node.name, peer): Spoken(each.get("state") == ESTABLISHED, int(each.get("pfxSnt") or 0))
        for node in borders
        for table in [frr(None, node, "bgpd", COMMAND)]
        for family in TABLES
        for peer, each in table.get(family, {}).get("peers", {}).items()
    }


def _external(lab, plan):
    """The far ends of border links."""
    return {
        str(derive.link_interface(link, end, family).ip)
        for link in plan.links
        if link.ebgp
        for end in (link.a, link.b)
        for family in link.networks
    }


def _twice(lab, stage, before):
    """Which files a second run would change, and what is not as before when it has been made."""
    changed = tuple(f"{each.node}:{file.path}" for each in changes(lab, wanted(lab)) for file in each.files)
    old, since = sessions(lab) | sessions(lab, 6), time.monotonic()
    if walk(lab, stage, QUIET):
        changed += (f"{stage}: a step was made",)
    trees = Path(lab.record.trees)
    told = [
        (name, each.name)
        for name, node in lab.nodes.items()
        if node.role in ("edge", "core", "firewall", "gateway")
        for each in AGAIN
        if (trees / name / each.needs).is_file()
    ]

    def again(place):
        name, service = place
        if (done := lab.exec(name, "sh", "-eu", f"{SERVICES}/{service}", timeout=60.0)).code:
            raise CannotMeasure(f"{service} on {name} ended with {done.code}: {done.err[-200:]}")

    side_by_side(again, told)
    reset = rehearsed.flapped(old, sessions(lab) | sessions(lab, 6), time.monotonic() - since)
    return changed, (*reset, *left_over(lab, before))
