"""Rules on when families are on: no end before its beginning, no host before its LAN, no LAN in one family by oversight."""

from __future__ import annotations

from collections.abc import Iterator

from harness.plan import derive
from harness.plan.finding import Finding
from harness.plan.model import FAMILIES, Lan, Plan, PlanLink


def backwards(plan: Plan) -> Iterator[Finding]:
    """``until`` is the first stage without the family: it must come after ``since``."""
    things: list[tuple[str, Lan | PlanLink]] = [(f"lans.{lan.name}", lan) for lan in plan.lans.values()]
    things += [(f"links[{index}]", link) for index, link in enumerate(plan.links)]
    order = plan.stage_names()
    for key, thing in things:
        for family, span in thing.spans.items():
            if span.since and span.until and order.index(span.until) <= order.index(span.since):
                yield Finding(
                    f"{key}.{family}-until",
                    f"IPv{family} ends at {span.until} and begins at {span.since}: it is never on",
                    f"name a stage after {span.since}, or take the line out",
                )


def one_family(plan: Plan) -> Iterator[Finding]:
    """A LAN of the province has both families at some stage, or is meant for IPv6 alone and says so (``dns64``)."""
    for lan in plan.lans.values():
        if not derive.is_own(plan, lan.site):
            continue
        both = any(len(derive.families(plan, lan, stage)) == len(FAMILIES) for stage in plan.stage_names())
        if not both and not (lan.dns64 and 6 in lan.spans):
            has = " and ".join(f"IPv{family} alone" for family in lan.spans) or "no family"
            yield Finding(
                f"lans.{lan.name}",
                f"{has}, and at no stage both",
                "say since when it has the other family; a LAN of IPv6 alone says `dns64: true`",
            )
        if both and lan.dns64 and not _begins_with_ipv6(plan, lan):
            yield Finding(
                f"lans.{lan.name}.dns64",
                "the LAN has both families: DNS64 would send its hosts round by the translator",
                "take `dns64` out: a LAN whose IPv4 ends gets it without; or let IPv4 come after IPv6 (IPv6-mostly)",
            )


def _begins_with_ipv6(plan: Plan, lan: Lan) -> bool:
    since = {family: lan.spans[family].since or "" for family in FAMILIES}
    order = plan.stage_names()
    return order.index(since[6]) < order.index(since[4])


def late_hosts(plan: Plan) -> Iterator[Finding]:
    """``6-later`` names hosts of the LAN, and a stage after the LAN's first with the family and before its end."""
    order = plan.stage_names()
    for lan in plan.lans.values():
        for family, hosts in lan.later.items():
            span = lan.spans.get(family)
            for host, stage in hosts.items():
                key = f"lans.{lan.name}.{family}-later.{host}"
                if host not in lan.hosts:
                    yield Finding(key, f"the LAN has no host {host!r}", "choose one of: " + ", ".join(lan.hosts))
                elif span is None or span.since is None:
                    yield Finding(key, f"the LAN has no IPv{family} that {host} could have later", "take it out")
                elif order.index(stage) <= order.index(span.since):
                    yield Finding(
                        key,
                        f"{stage} is not after {span.since}, since when the whole LAN has IPv{family}",
                        "name a later stage, or take it out",
                    )
                elif not derive.on(plan, span, stage):
                    yield Finding(
                        key,
                        f"at {stage} the LAN's IPv{family} has ended: {host} never has it",
                        f"name a stage before {span.until}",
                    )


def unresolved(plan: Plan) -> Iterator[Finding]:
    """Hosts with IPv6 alone have DNS64 and a translator to the Internet from their first day on."""
    for lan in plan.lans.values():
        for stage in plan.stage_names():
            if derive.translated(plan, lan, stage) and (lacking := _lacking(plan, lan, stage)):
                yield Finding(
                    f"lans.{lan.name}",
                    f"its hosts have IPv6 alone at {stage}, and no {lacking}",
                    f"let the LAN have IPv4 beside IPv6 till there is {lacking}, or IPv6 later",
                )
                break


def _lacking(plan: Plan, lan: Lan, stage: str) -> str:
    nat = derive.nat64_of(plan, lan)
    if nat is None:
        return "translator (`nat64`)"
    if derive.is_own(plan, lan.site):
        if not derive.translates(plan, nat, stage):
            return f"translator with both families ({nat.node})"
        if not derive.dns64_resolvers(plan, stage, nat.operator):
            return "DNS64 resolver"
    return ""
