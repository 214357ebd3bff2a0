"""What a receiver makes of a domain's SPF record for one address: check_host() of RFC 7208, without macros."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

Result = Literal["pass", "fail", "softfail", "neutral", "none", "permerror"]
Lookup = Callable[[str, str], Sequence[str]]
"""(name, record type) → values as zone files write them; nothing where there is none."""

QUALIFIERS: dict[str, Result] = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
MOST_LOOKUPS = 10
"""Terms that ask DNS, in one evaluation with all that it includes (RFC 7208 section 4.6.4)."""
TERM = re.compile(r"([-+~?]?)(all|ip4|ip6|a|mx|include)(?::([^/\s]+))?(/\S+)?")
"""Qualifier, mechanism, its value and its prefix lengths."""
LENGTH = re.compile(r"(?:/(?P<four>\d{1,2}))?(?://(?P<six>\d{1,3}))?")
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')


class _PermanentError(Exception):
    """The record cannot be understood, or asks for too much."""


def check(domain: str, sender: str, lookup: Lookup) -> Result:
    """What a receiver concludes when ``sender`` (an address) hands in a letter from ``domain``."""
    try:
        return _Evaluation(ip_address(sender), lookup).of(domain)
    except _PermanentError:
        return "permerror"


class _Evaluation:
    """One check with the lookups that it has spent."""

    def __init__(self, sender: IPv4Address | IPv6Address, lookup: Lookup) -> None:
        self.sender, self.lookup, self.spent = sender, lookup, 0

    def of(self, domain: str) -> Result:
        texts = ["".join(TEXT.findall(each)) or each for each in self.lookup(domain, "TXT")]
        records = [each for each in texts if each.split(" ")[0].lower() == "v=spf1"]
        if not records:
            return "none"
        if len(records) > 1:
            raise _PermanentError("two records (RFC 7208 section 4.5)")
        redirect = ""
        for term in records[0].split()[1:]:
            if term.lower().startswith("redirect="):
                redirect = term.partition("=")[2]
            elif "=" not in term and (found := self._term(domain, term)):
                return found
        if not redirect:
            return "neutral"
        self._spend()
        if (found := self.of(redirect)) == "none":
            raise _PermanentError("redirected to a domain without a record (RFC 7208 section 6.1)")
        return found

    def _term(self, domain: str, term: str) -> Result | None:
        """What a mechanism says, if it matches."""
        if (parsed := TERM.fullmatch(term.lower())) is None:
            raise _PermanentError(f"{term} is not known")
        qualifier, kind, value, length = parsed.groups()
        return QUALIFIERS[qualifier or "+"] if self._matches(kind, value or domain, length or "") else None

    def _matches(self, kind: str, value: str, length: str) -> bool:
        if kind == "all":
            return True
        if kind in ("ip4", "ip6"):
            try:
                return self.sender in ip_network(value + length, strict=False)
            except ValueError as error:
                raise _PermanentError(str(error)) from error
        self._spend()
        if kind == "include":
            found = self.of(value)
            if found in ("none", "permerror"):
                raise _PermanentError(f"{value} has no usable record (RFC 7208 section 5.2)")
            return found == "pass"
        hosts = [value] if kind == "a" else [each.split()[1] for each in self.lookup(value, "MX")]
        return any(self.sender in each for host in hosts for each in self._networks(host, length))

    def _networks(self, host: str, length: str) -> list[IPv4Network | IPv6Network]:
        """The addresses of a host in the sender's family, as wide as ``length`` says (RFC 7208 section 5.6)."""
        found = LENGTH.fullmatch(length)
        if found is None:
            raise _PermanentError(f"{length} is no length")
        bits = found["four" if self.sender.version == 4 else "six"] or str(self.sender.max_prefixlen)
        rdtype = "A" if self.sender.version == 4 else "AAAA"
        return [ip_network(f"{each}/{bits}", strict=False) for each in self.lookup(host, rdtype)]

    def _spend(self) -> None:
        self.spent += 1
        if self.spent > MOST_LOOKUPS:
            raise _PermanentError("too many lookups")
