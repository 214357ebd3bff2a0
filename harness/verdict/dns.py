"""Judges of DNS: name servers answer in both families, what is published is legal and true, resolvers know whom to serve."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from harness.history.seen import Seen
from harness.verdict.verdict import Finding

ILLEGAL: Mapping[str, IPv6Network] = {
    "unique local (RFC 4193)": IPv6Network("fc00::/7"),
    "link-local (RFC 4291)": IPv6Network("fe80::/10"),
    "v4-mapped (RFC 4291)": IPv6Network("::ffff:0:0/96"),
    "6to4 (RFC 7526)": IPv6Network("2002::/16"),
    "of a translator (RFC 6052)": IPv6Network("64:ff9b::/96"),
    "documentation (RFC 3849)": IPv6Network("2001:db8::/32"),
    "documentation (RFC 9637)": IPv6Network("3fff::/20"),
}
"""What no public AAAA may lie in. A prefix that holds the province's own block is no objection: a lab lives there."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was seen, and how findings name the place: who was asked, in which family, over what."""

    where: str
    seen: Seen


def enough_servers(zone: str, with_aaaa: Iterable[str], least: int = 2) -> tuple[Finding, ...]:
    """A zone has at least ``least`` name servers with an AAAA record (RFC 2182 section 5 asks for more than one)."""
    names = sorted(set(with_aaaa))
    if len(names) >= least:
        return ()
    return (Finding(zone, f"name servers with AAAA: {', '.join(names) or 'none'}", f"at least {least}"),)


def authoritative(asked: Sequence[Asked]) -> tuple[Finding, ...]:
    """Each question for an SOA got one, with the AA flag (RFC 1035 section 4.1.1)."""
    return tuple(
        Finding(each.where, said(each.seen), "an authoritative SOA", each.seen.event)
        for each in asked
        if not (_rcode(each.seen) == "NOERROR" and each.seen.data.get("aa") and _types(each.seen, "SOA"))
    )


def true_glue(where: str, carried: Iterable[str], held: Iterable[str], event: str = "") -> tuple[Finding, ...]:
    """A referral's addresses for a name server are those that the zone itself holds, all of them (RFC 9471)."""
    given, wanted = sorted(set(carried)), sorted(set(held))
    if given == wanted and wanted:
        return ()
    return (Finding(where, f"glue is {', '.join(given) or 'none'}", ", ".join(wanted) or "an address", event),)


def resolves(walks: Mapping[str, tuple[bool, str]]) -> tuple[Finding, ...]:
    """Each walk from the root (where → resolved, and why not) has come to an answer."""
    return tuple(
        Finding(where, f"does not resolve: {why}", "an answer") for where, (found, why) in walks.items() if not found
    )


def points_back(address: str, pointers: Sequence[str], back: Iterable[str]) -> tuple[Finding, ...]:
    """An address has one PTR, and ``back``, the addresses of the name that it says, hold it (RFC 1912 section 2.1)."""
    if len(pointers) != 1:
        return (Finding(address, f"PTR: {', '.join(sorted(pointers)) or 'none'}", "exactly one"),)
    held = sorted(set(back))
    if address in held:
        return ()
    return (Finding(address, f"its PTR {pointers[0]} has {', '.join(held) or 'no address'}", address),)


def legal(published: Iterable[tuple[str, str]], own: IPv6Network) -> tuple[Finding, ...]:
    """Every public AAAA (name, address) lies in the province's block and in none of ``ILLEGAL``."""
    findings: list[Finding] = []
    for name, text in published:
        address = IPv6Address(text)
        if address not in own:
            findings.append(Finding(name, f"AAAA {address} is outside the province's block", str(own)))
        for kind, network in ILLEGAL.items():
            if address in network and not own.subnet_of(network):
                findings.append(Finding(name, f"AAAA {address} is {kind}", "a global address"))
    return tuple(findings)


def serves(asked: Sequence[Asked]) -> tuple[Finding, ...]:
    """A resolver gives those inside an answer."""
    return tuple(
        Finding(each.where, said(each.seen), "an answer", each.seen.event)
        for each in asked
        if not (_rcode(each.seen) == "NOERROR" and each.seen.data.get("answer"))
    )


def refuses(asked: Sequence[Asked]) -> tuple[Finding, ...]:
    """A resolver says REFUSED to those outside (RFC 5358 section 4): silence is no proof that it does."""
    return tuple(
        Finding(each.where, said(each.seen), "REFUSED", each.seen.event)
        for each in asked
        if _rcode(each.seen) != "REFUSED"
    )


def said(seen: Seen) -> str:
    """A response in a few words; the probe's own word where none came."""
    if seen.answer != "reply":
        return seen.answer
    flags = "authoritative" if seen.data.get("aa") else "not authoritative"
    return f"{_rcode(seen) or 'malformed'}, {flags}, {len(seen.data.get('answer', ()))} records"


def _rcode(seen: Seen) -> str:
    return str(seen.data.get("rcode", "")) if seen.answer == "reply" else ""


def _types(seen: Seen, rdtype: str) -> bool:
    return any(each["type"] == rdtype for each in seen.data.get("answer", ()))


def listens(name: str, open4: Collection[str], open6: Mapping[str, Collection[str]]) -> tuple[Finding, ...]:
    """Each AAAA of a name (address → what answers there) serves whatever the name's A records serve (RFC 6589)."""
    findings = []
    for address, found in open6.items():
        if missing := sorted(set(open4) - set(found)):
            findings.append(Finding(f"{name} {address}", f"does not answer: {', '.join(missing)}", "as its A does"))
    return tuple(findings)


def answers(name: str, open6: Mapping[str, Collection[str]]) -> tuple[Finding, ...]:
    """Each AAAA of a service's name answers somehow."""
    return tuple(
        Finding(f"{name} {address}", "nothing answers there", "an open port")
        for address, found in open6.items()
        if not found
    )


def fresh(asked: Sequence[Asked], most_s: float) -> tuple[Finding, ...]:
    """No AAAA that was given may be kept for longer than ``most_s`` seconds."""
    return tuple(
        Finding(f"{each.where} {record['name']}", f"AAAA may be kept for {record['ttl']} s", f"at most {most_s:.0f} s")
        for each in asked
        for record in each.seen.data.get("answer", ())
        if record["type"] == "AAAA" and record["ttl"] > most_s
    )


def forgotten(asked: Sequence[Asked], most_s: float) -> tuple[Finding, ...]:
    """No "no" may be kept for longer than ``most_s`` seconds: the lesser of the TTL of the SOA that comes with it and
    its MINIMUM (RFC 2308 section 5). A "no" without an SOA is not kept at all, and no answer that could be judged."""
    findings = []
    for each in asked:
        held = [record for record in each.seen.data.get("authority", ()) if record["type"] == "SOA"]
        if _rcode(each.seen) not in ("NXDOMAIN", "NOERROR") or not held:
            findings.append(Finding(each.where, said(each.seen), "no such name, with the zone's SOA", each.seen.event))
        for record in held:
            minimum = int(record["values"][0].split()[-1])
            if (kept := min(record["ttl"], minimum)) > most_s:
                findings.append(Finding(each.where, f'a "no" may be kept for {kept} s', f"at most {most_s:.0f} s"))
    return tuple(findings)
