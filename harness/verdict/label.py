"""Judges of the "IPv6 Ready" label: the two tests of its issuer, and that the page carries it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.verdict.verdict import Finding

SCRIPT = re.compile(r"<script[^>]*\ssrc=[\"']([^\"']*ipv6-ready[^\"']*)[\"']", re.IGNORECASE)
SHOWN = 'id="ipv6-ready"'
"""Where the page shows the label."""
OK = 200
WEEKS = 6
"""A site that fails so many weekly looks in a row loses the label."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a site: its AAAA, the page and the label's script as they came over IPv6 (status ``None``: nothing
    came, ``said`` is why)."""

    addresses: Sequence[str]
    status: int | None = None
    page: str = ""
    script: int | None = None
    said: str = ""
    event: str = ""


def script_of(page: str) -> str | None:
    """The path of the label's script; ``None`` where the page has none of its own origin."""
    found = SCRIPT.search(page)
    parts = urlsplit(found[1]) if found else None
    return parts.path if parts and not parts.netloc and parts.path.startswith("/") else None


def labelled(where: str, look: Look) -> tuple[Finding, ...]:
    """The AAAA test, the access test, and the label in the page with a script of the site's own."""
    if not look.addresses:
        return (Finding(where, "no AAAA record", "at least one", look.event),)
    if look.status != OK:
        return (Finding(where, f"page over IPv6: {_came(look.status, look.said)}", str(OK), look.event),)
    if SHOWN not in look.page or script_of(look.page) is None:
        return (Finding(where, "the page has no label of its own origin", "script and label", look.event),)
    if look.script != OK:
        return (Finding(where, f"script over IPv6: {_came(look.script, look.said)}", str(OK), look.event),)
    return ()


def kept(weeks: Mapping[str, Sequence[Sequence[Finding]]]) -> tuple[Finding, ...]:
    """Each site (→ what each weekly look has found) passed all of ``WEEKS`` looks."""
    findings = []
    for site, looks in weeks.items():
        bad = [each[0] for each in looks if each]
        if bad or len(looks) != WEEKS:
            said = f"passed {len(looks) - len(bad)} of {WEEKS} looks" + (f"; {bad[0].what}" if bad else "")
            findings.append(Finding(site, said, f"{WEEKS} of {WEEKS}", bad[0].event if bad else ""))
    return tuple(findings)


def _came(status: int | None, said: str) -> str:
    return str(status) if status is not None else said or "nothing"
