"""The five classes of systems that carry the "IPv6 Ready" label, and a look at each site as its issuer takes it."""

from typing import NamedTuple

from documents import basic
from vantage import INSIDE, OUTSIDE, ca_of, resolved

from harness.errors import CannotMeasure
from harness.probe.http import Request, fetch
from harness.probe.tls import Tls
from harness.verdict.label import Look, script_of

CLASSES = ("portal", "sites", "qlvb", "dvc", "mail")
"""The services of the plan that are a class of system each: the portal, component sites, document management, online
services of level 3 and 4, the web front of official mail (the province's plan, items 3.1 and 3.3)."""


class Site(NamedTuple):
    """A name of one of them, the server behind it, and the host that looks at it."""

    name: str
    service: str
    node: str
    client: str


def sites(plan):
    """Every site that has to carry the label. Raises if the plan lacks one of the classes."""
    found = [
        Site(
            f"{name}.{plan.domain}" if name else plan.domain,
            each.name,
            each.node,
            OUTSIDE[0] if "internet" in each.sources else INSIDE[0],
        )
        for each in plan.services
        if each.name in CLASSES
        for name in each.names
    ]
    if lacking := set(CLASSES) - {each.service for each in found}:
        raise CannotMeasure(f"the plan has no site of {', '.join(sorted(lacking))}")
    return found


def page(lab, history, plan, site, family, address, path="/"):
    """A page as the site's client gets it at an address; documents are shown to officers."""
    client = lab.node(site.client)
    headers = {"Authorization": basic(plan)} if site.service == "qlvb" else {}
    request = Request(site.name, path, headers=headers, tls=Tls(site.name, ca_of(client)))
    return fetch(history, client, family, address, request)


def look(lab, history, plan, site):
    """The AAAA test, and the access test of the page and of the label's script."""
    addresses = resolved(history, lab.node(site.client), site.name, 6)
    if not addresses:
        return Look(())
    seen = page(lab, history, plan, site, 6, addresses[0])
    said, text = seen.data.get("reason") or seen.answer, seen.raw.decode(errors="replace")
    found = Look(addresses, seen.data.get("status"), text, None, said, seen.event)
    if (path := script_of(text)) is None:
        return found
    script = page(lab, history, plan, site, 6, addresses[0], path)
    said = script.data.get("reason") or script.answer
    return Look(addresses, found.status, text, script.data.get("status"), said, script.event)
