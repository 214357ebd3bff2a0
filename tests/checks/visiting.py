"""Somebody at a client who goes through a web service step by step: shared by the checks of services."""

import json

from vantage import ca_of, families, resolved

from harness.probe.http import WAIT_SECONDS, Request, fetch
from harness.probe.tls import Tls
from harness.verdict import visit as judge
from harness.verdict.verdict import Finding
from harness.verdict.visit import Step


class Visitor:
    """One client at one site. ``addresses`` are the server's, by family, as the client's own resolvers say;
    ``headers`` go with every request, ``steps`` are what was asked with the status that it should have got."""

    def __init__(self, lab, history, plan, client, site, **headers):
        self.history, self.client, self.site = history, lab.node(client), site
        self.headers = {"Accept": "application/json"} | headers
        held = {family: resolved(history, self.client, site, family) for family in families(plan, lab, client)}
        self.addresses = {family: each[0] for family, each in held.items() if each}
        self.steps, self.seen = [], None

    def ask(self, what, wanted, path, family=6, *, timeout=WAIT_SECONDS, content=None):
        """One step, a POST if there is a ``content`` (its type and itself); gives what its JSON says, else nothing."""
        headers, body = dict(self.headers), b""
        if content:
            headers["Content-Type"], body = content
        method, tls = "POST" if content else "GET", Tls(self.site, ca_of(self.client))
        request = Request(self.site, path, method, headers, body, tls)
        self.seen = fetch(self.history, self.client, family, self.addresses[family], request, timeout)
        said = self.seen.data.get("reason") or self.seen.answer
        self.steps.append(
            (Step(f"{what} over IPv{family}", self.seen.data.get("status"), said, self.seen.event), wanted)
        )
        try:
            return json.loads(self.seen.raw)
        except ValueError:
            return {}

    def findings(self, rest):
        """What went wrong: the site has no IPv6 address, a step failed, or ``rest`` (a function that makes the visit)
        has found something."""
        if 6 not in self.addresses:
            return (Finding(f"{self.client.name}: {self.site}", "no AAAA record", "at least one"),)
        found = rest()
        return judge.went_through(self.client.name, self.steps) or found

    @property
    def evidence(self):
        return tuple(step.event for step, _ in self.steps[-2:])
