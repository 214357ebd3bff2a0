"""What a client without IPv4 resolves and uses, as the judge of such uses wants it."""

from vantage import resolvers_of

from harness.errors import CannotMeasure
from harness.probe import dns
from harness.probe.dns_message import Question, values
from harness.verdict.ipv6_only import Use


def resolve(history, client, name, rdtype="AAAA"):
    """(what was seen, the values) of a name as the client's own first resolver says."""
    servers = [each for each in resolvers_of(client) if ":" in each]
    if not servers:
        raise CannotMeasure(f"{client.name} has learnt no resolver that it could ask over IPv6")
    seen = dns.query(history, client, 6, servers[0], Question(name, rdtype))
    return seen, values(dict(seen.data), rdtype) if seen.answer == "reply" else []


def used(where, seen, works):
    """A use as the judge wants it."""
    told = (seen.data.get(each) for each in ("status", "rcode", "reason"))
    said = next((str(each) for each in told if each), seen.answer)
    return Use(where, seen.answer == "reply" and works, said, seen.event)
