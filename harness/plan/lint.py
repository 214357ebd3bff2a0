"""What a plan must hold before anything is rendered from it. Pure: the plan in, findings out."""

from __future__ import annotations

from collections.abc import Iterator

from harness.errors import WrongInput
from harness.plan.finding import Finding as Finding
from harness.plan.finding import line_of as line_of
from harness.plan.finding import sort as sort
from harness.plan.model import Plan
from harness.plan.numbers import numbers, one_owner, resolvers, static_in_pool
from harness.plan.prefixes import lengths, links, overlaps, prefixes, short_lans
from harness.plan.spans import backwards, late_hosts, one_family, unresolved
from harness.plan.ties import ties

__all__ = ["Finding", "check", "line_of", "links", "lint", "overlaps", "prefixes", "short_lans", "sort"]


def lint(plan: Plan) -> tuple[Finding, ...]:
    """All findings of a plan; none is a sound plan. Without one province's block no other rule means anything."""
    if found := tuple(_one_block(plan)):
        return found
    return (
        *lengths(plan),
        *overlaps(plan),
        *short_lans(plan),
        *numbers(plan),
        *one_owner(plan),
        *static_in_pool(plan),
        *resolvers(plan),
        *links(plan),
        *backwards(plan),
        *late_hosts(plan),
        *one_family(plan),
        *unresolved(plan),
        *ties(plan),
        *_services(plan),
    )


def check(plan: Plan) -> None:
    """Raise ``WrongInput`` for the first finding, naming how many there are."""
    findings = lint(plan)
    if findings:
        first = findings[0]
        more = f" (and {len(findings) - 1} more: v6lab plan lint)" if len(findings) > 1 else ""
        raise WrongInput(
            first.what + more, where=plan.file, line=line_of(plan, first.key), key=first.key, hint=first.hint
        )


def _one_block(plan: Plan) -> Iterator[Finding]:
    announced = [name for name, block in plan.blocks.items() if block.announced]
    if len(announced) != 1:
        yield Finding(
            "blocks", f"{len(announced)} blocks are announced, not one", "mark the province's own block alone"
        )


def _services(plan: Plan) -> Iterator[Finding]:
    hosts = {host for lan in plan.lans.values() for host in lan.hosts}
    for index, service in enumerate(plan.services):
        if service.node not in hosts:
            yield Finding(f"services[{index}].node", f"no LAN has a host {service.node!r}", "add it to a LAN")
