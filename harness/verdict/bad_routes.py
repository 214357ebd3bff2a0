"""What a border must not take from an ISP, written down apart from the filter that it judges (RFC 7454 section 6.1)."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network

from harness.plan.model import Family, Network, Plan

CONTROLS: Mapping[Family, tuple[str, ...]] = {
    4: ("192.31.196.0/24", "192.175.48.0/24"),
    6: ("2001:4:112::/48", "2620:4f:8000::/48"),
}
"""Prefixes that anybody may announce (AS112: RFC 7534, RFC 7535) and that no filter should name, one for each ISP."""

SPECIAL: Mapping[Family, Mapping[str, str]] = {
    4: {
        "10.66.0.0/16": "RFC 1918",
        "172.16.0.0/12": "RFC 1918",
        "192.168.0.0/16": "RFC 1918",
        "100.64.0.0/10": "shared address space, RFC 6598",
        "169.254.0.0/16": "link-local, RFC 3927",
        "198.18.0.0/15": "benchmarking, RFC 2544",
        "192.0.0.0/24": "protocol assignments, RFC 6890",
        "192.0.2.0/24": "documentation, RFC 5737",
        "240.0.0.0/4": "reserved, RFC 1112",
    },
    6: {
        "fd00:bad::/48": "unique local, RFC 4193",
        "2002::/16": "6to4, RFC 7526",
        "100::/64": "discard-only, RFC 6666",
        "2001:db8::/32": "documentation, RFC 3849",
        "3ffe::/16": "6bone, RFC 3701",
        "fec0::/10": "site-local, RFC 3879",
        "2001:2::/48": "benchmarking, RFC 5180",
        "0:bad::/32": "reserved, RFC 4291",
    },
}


def bad(plan: Plan, family: Family, control: str) -> dict[str, str]:
    """Prefix → why a border must drop it: our own block and a part of it, special space that the plan does not use as
    public, and half of ``control`` (which itself is as long as may be)."""
    own = plan.own(family)
    used = [each.networks[family] for each in plan.blocks.values() if family in each.networks]
    special = {
        prefix: why
        for prefix, why in SPECIAL[family].items()
        if not any(ip_network(prefix).overlaps(each) for each in used)
    }
    part = _last(own, {4: own.prefixlen + 2, 6: 64}[family])
    half = next(iter(ip_network(control).subnets(prefixlen_diff=1)))
    return {str(own): "our own block", str(part): "a part of our own block", **special, str(half): "too long"}


def _last(own: Network, length: int) -> Network:
    """The last prefix of a length in a block, without counting through all."""
    shift = own.max_prefixlen - length
    return type(own)((int(own.broadcast_address) >> shift << shift, length))
