"""Judges of web sites: each address connects, and both families show the same site with the same certificate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.history.seen import Family, Seen
from harness.verdict.verdict import Finding

CHANGING = frozenset({"date", "age", "set-cookie", "connection", "keep-alive"})
"""Headers that may differ between two answers to one question (RFC 9110 sections 5 and 6.6.1)."""
TLS_KEYS = ("fingerprint", "chain", "tls_version", "cipher")


@dataclass(frozen=True, slots=True)
class Pair:
    """One question asked in both families."""

    where: str
    seen: Mapping[Family, Seen]


def has_address(site: str, addresses: Iterable[str]) -> tuple[Finding, ...]:
    """A site has an AAAA record."""
    return () if tuple(addresses) else (Finding(site, "no AAAA record", "at least one"),)


def connects(where: str, seen: Sequence[Seen]) -> tuple[Finding, ...]:
    """One of the ports of an address takes a connection (``seen``: one for each port asked)."""
    if any(each.answer == "reply" for each in seen):
        return ()
    ports = ", ".join(f"port {each.asked['port']}: {each.answer}" for each in seen)
    return (Finding(where, ports or "nothing was asked", "a connection in time", seen[0].event if seen else ""),)


def same_site(pairs: Sequence[Pair]) -> tuple[Finding, ...]:
    """Both families answer alike: port open or not, status, headers but those of ``CHANGING``, and body."""
    return tuple(finding for pair in pairs for finding in _same(pair, page(pair.seen[4]), page(pair.seen[6])))


def page(seen: Seen) -> dict[str, Any]:
    """What must be equal of a page."""
    headers = {f"header {name}": value for name, value in seen.data.get("headers", {}).items() if name not in CHANGING}
    shown = {"answer": seen.answer, "status": seen.data.get("status"), "body": seen.data.get("body_sha256")}
    return shown | headers


def same_tls(pairs: Sequence[Pair]) -> tuple[Finding, ...]:
    """Both families have the same certificates, version and cipher, HSTS header (RFC 6797) and status."""
    return tuple(finding for pair in pairs for finding in _same(pair, secured(pair.seen[4]), secured(pair.seen[6])))


def secured(seen: Seen) -> dict[str, Any]:
    """What must be equal of a handshake and of what is answered after it."""
    hsts = seen.data.get("headers", {}).get("strict-transport-security")
    shown = {"answer": seen.answer, "status": seen.data.get("status"), "HSTS": hsts}
    return shown | {key: seen.data.get(key) for key in TLS_KEYS}


def _same(pair: Pair, four: Mapping[str, Any], six: Mapping[str, Any]) -> Iterator[Finding]:
    for key in sorted({*four, *six}):
        if four.get(key) != six.get(key):
            text = f"{key} is {six.get(key, 'absent')} in IPv6"
            yield Finding(pair.where, text, f"{four.get(key, 'absent')} as in IPv4", pair.seen[6].event)


def reached(pairs: Sequence[Pair]) -> tuple[str, ...]:
    """The places of which no family has shown a page: there is nothing to compare."""
    return tuple(pair.where for pair in pairs if not any(each.answer == "reply" for each in pair.seen.values()))


def kept(where: str, told: Mapping[str, str], address: str, port: int) -> tuple[Finding, ...]:
    """Each record (its name → ``ADDRESS PORT`` or, where no port is kept, ``ADDRESS``; empty: no record) names the
    client as it is: whole address (up to 45 characters) and source port (RFC 6302 section 2)."""
    findings = []
    for record, said in told.items():
        wanted = (address, str(port))[: max(1, len(said.split()))]
        if tuple(said.split()) != wanted:
            findings.append(Finding(where, f"{record} has {said or 'no such request'}", f"{address} {port}"))
    return tuple(findings)
