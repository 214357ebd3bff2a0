"""Judges of a network that is IPv6-mostly: IPv4 for who cannot do without, and for nobody else (RFC 8925)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from harness.plan.model import Network
from harness.verdict.verdict import Finding


@dataclass(frozen=True, slots=True)
class Given:
    """What a DHCPv4 client was given: its address, seconds for which IPv6 will do (``None``: not said), and whether it
    may keep the address and its router answers it there."""

    address: str
    v6only_s: int | None
    kept: bool = False
    router_answers: bool = False


def keeps_ipv4(where: str, given: Given | None, network: Network) -> tuple[Finding, ...]:
    """A client that does not ask for option 108 has IPv4 as ever, and is not told of the option (section 3.3)."""
    if given is None:
        return (Finding(where, "is offered no IPv4 address", f"one of {network}"),)
    findings = []
    if ip_address(given.address) not in network:
        findings.append(Finding(where, f"is offered {given.address}", f"an address of {network}"))
    if given.v6only_s is not None:
        findings.append(Finding(where, f"is told option 108 ({given.v6only_s} s) without asking", "not told"))
    if not given.kept:
        findings.append(Finding(where, f"may not keep {given.address}", "the address that it was offered"))
    elif not given.router_answers:
        findings.append(Finding(where, f"its router does not answer it at {given.address}", "an answer"))
    return tuple(findings)


def does_without(where: str, given: Given | None, least: float) -> tuple[Finding, ...]:
    """A client that asks for option 108 is told that IPv6 will do, for no less than MIN_V6ONLY_WAIT (section 3.4)."""
    if given is None or given.v6only_s is None:
        said = "is not answered" if given is None else "is not told option 108, though it asks"
        return (Finding(where, said, f"option 108 with at least {least:g} s"),)
    if given.v6only_s < least:
        return (Finding(where, f"is told option 108 with {given.v6only_s} s", f"at least {least:g} s"),)
    return ()
