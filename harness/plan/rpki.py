"""Route origin authorisations (RFC 9582): who may originate which block, from the plan alone."""

from __future__ import annotations

from dataclasses import dataclass

from harness.plan.model import FAMILIES, Network, Plan

PUBLIC_ZONES = ("isp", "world")
"""Zones of sites whose operators are seen in BGP on the Internet; the TSLCD is not."""


@dataclass(frozen=True, slots=True)
class Roa:
    """``asn`` may originate ``prefix``, and nothing longer than ``max_length`` (RFC 9319: no longer than announced)."""

    prefix: Network
    max_length: int
    asn: int


def roas(plan: Plan) -> tuple[Roa, ...]:
    """The ROAs of all public blocks: the province's own and those of operators on the Internet.

    A block belongs to the AS of the same name.
    """
    return tuple(
        Roa(network, network.prefixlen, plan.asns[block.name].number)
        for block in plan.blocks.values()
        if block.name in plan.asns and (block.announced or _public(plan, block.name))
        for family in FAMILIES
        if (network := block.networks.get(family)) is not None
    )


def _public(plan: Plan, block: str) -> bool:
    return any(site.block == block and site.zone in PUBLIC_ZONES for site in plan.sites.values())
