"""The checks of an exercise about the address plan: they need the file alone, and no lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from harness.drill.exercise_file import LINT, PLAN_FILE, Exercise
from harness.plan import derive
from harness.plan import lint as plan_lint
from harness.plan import load as plans
from harness.plan.model import FAMILIES, Family, Network, Plan
from harness.plan.prefixes import lengths
from harness.render import match
from harness.topology.model import Topology
from harness.verdict import plan as judge
from harness.verdict.verdict import Finding, Verdict

Judge = Callable[[Plan, str], tuple[Finding, ...]]

JUDGES: Mapping[str, Judge] = {
    "ADR-01": lambda plan, text: judge.inside_block(plan),
    "ADR-02": lambda plan, text: judge.overlaps(plan),
    "ADR-03": lambda plan, text: judge.host_lans(plan),
    "ADR-04": lambda plan, text: judge.router_links(plan),
    "ADR-08": lambda plan, text: judge.literals({PLAN_FILE: text}),
}
"""Those of the suite's judges that see a plan and nothing else, by the check that they are of."""


def verdicts(file: Path, exercise: Exercise, topology: Topology) -> tuple[Verdict, ...]:
    """What the checks of an exercise say of a plan. Raises ``WrongInput`` for a file that is no plan."""
    plan, text = plans.load(file), file.read_text(encoding="utf-8")
    known: dict[str, Judge] = {**JUDGES, LINT: lambda plan, text: _lint(plan, topology)}
    return tuple(_verdict(check, known[check](plan, text)) for check in exercise.checks)


def _verdict(check: str, findings: tuple[Finding, ...]) -> Verdict:
    return Verdict(check, "", PLAN_FILE, "fail" if findings else "pass", tuple(str(each) for each in findings))


def _lint(plan: Plan, topology: Topology) -> tuple[Finding, ...]:
    """What no other judge here has said: findings of the lint that are not of prefixes and links, and mismatches."""
    said = {(each.key, each.what) for rule in RULES for each in rule(plan)}
    found = [each for each in plan_lint.lint(plan) if (each.key, each.what) not in said]
    found += match.mismatches(plan, topology)
    return tuple(Finding(each.key, each.what, each.hint) for each in found)


RULES = (plan_lint.overlaps, plan_lint.short_lans, plan_lint.links, lengths)


def moved(old: Path, new: Path, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """What a pattern says must stay and has moved or gone: keys as ``lans.dmz``, ``sites.dc``, ``links.edge1-core1``,
    ``loopbacks.edge1``, ``services.0``, ``nodes.edge1``, ``wires.edge1-core1``. Raises ``WrongInput`` for a file that is no plan."""
    before, after = (values(plans.load(each)) for each in (old, new))
    kept = [key for key in before if any(fnmatchcase(key, pattern) for pattern in patterns)]
    return tuple(f"{key}: {before[key]} → {after.get(key, '–')}" for key in kept if before[key] != after.get(key))


def values(plan: Plan) -> dict[str, str]:
    """All that a plan gives addresses to, by key, as text."""
    found = {f"sites.{site.name}": str(site.network6) for site in plan.sites.values()}
    for lan in plan.lans.values():
        everyone = {**lan.gateways, **lan.hosts}
        hosts = ", ".join(f"{node} {number}" for node, number in everyone.items())
        found[f"lans.{lan.name}"] = f"{_text(lan.networks)} ({hosts})"
    for link in plan.links:
        found[f"links.{link.a}-{link.b}"] = _text(link.networks)
    for node, loopback in plan.loopbacks.items():
        found[f"loopbacks.{node}"] = " ".join(str(loopback.addresses[family]) for family in FAMILIES)
    for number, service in enumerate(plan.services):
        ports = ", ".join(f"{each}" for each in (*service.tcp, *service.udp))
        found[f"services.{number}"] = f"{service.name} {service.node} {ports} {' '.join(service.sources)}"
    # Whether something is there at all, apart from where it is: what is wrong may be moved, and not struck out.
    there = [*(f"nodes.{node}" for node in derive.nodes(plan)), *(f"wires.{link.a}-{link.b}" for link in plan.links)]
    return {**found, **dict.fromkeys(there, "+")}


def _text(networks: Mapping[Family, Network]) -> str:
    return " ".join(str(each) for each in networks.values()) or "–"
