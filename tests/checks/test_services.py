import pytest
from vantage import INSIDE, OUTSIDE, looked_up

from harness.errors import CannotMeasure
from harness.plan import derive
from harness.plan.model import FAMILIES
from harness.probe import mail
from harness.probe.dial import TcpAsk
from harness.probe.dns_message import ADDRESS_TYPE, absolute
from harness.probe.http import HttpAsk, Request, fetch_many
from harness.probe.side_by_side import side_by_side
from harness.probe.tcp import connect_many
from harness.probe.tls import Tls
from harness.verdict import mail as judge_mail
from harness.verdict import web

WEB = (80, 443)


def public_sites(plan):
    """Every public name of a web service."""
    services = [
        each for each in plan.services if each.names and set(each.tcp) & set(WEB) and "internet" in each.sources
    ]
    return sorted({f"{name}.{plan.domain}" if name else plan.domain for each in services for name in each.names})


def events(seen):
    return tuple(each.event for each in seen[:3])


@pytest.mark.check("SVC-01")
def test_every_aaaa_of_every_site_takes_connections(lab, history, plan, targets, judged):
    found = looked_up(lab, history, plan, [(site, "AAAA") for site in public_sites(plan)])
    findings, keys, asks = (), [], []
    for (site, _), addresses in found.items():
        findings += web.has_address(site, addresses)
        for address in addresses:
            for source in OUTSIDE:
                keys.append(f"{site} {address} from {source}")
                asks += [TcpAsk(lab.node(source), 6, address, port) for port in WEB]
    seen = connect_many(history, asks, targets["connect_most_s"])
    for index, where in enumerate(keys):
        findings += web.connects(where, seen[index * len(WEB) : (index + 1) * len(WEB)])
    judged(findings, events(seen))


def pages(lab, history, plan, request, sites):
    """``request`` gives what to ask of (node, site, port); each asked in both families at every published address."""
    questions = [(site, rdtype) for site in sites for rdtype in ADDRESS_TYPE.values()]
    found = looked_up(lab, history, plan, questions)
    if lacking := [f"{site} {rdtype}" for (site, rdtype), addresses in found.items() if not addresses]:
        raise CannotMeasure(f"nothing to compare with: no {', '.join(lacking)}")
    keys, asks = [], []
    for source in map(lab.node, OUTSIDE):
        for site in sites:
            for port in WEB:
                keys.append(f"{site} port {port} from {source.name}")
                asks += [
                    HttpAsk(source, family, found[site, ADDRESS_TYPE[family]][0], request(source, site, port))
                    for family in FAMILIES
                ]
    answers = iter(fetch_many(history, asks))
    pairs = [web.Pair(where, {family: next(answers) for family in FAMILIES}) for where in keys]
    if dead := web.reached(pairs):
        raise CannotMeasure(f"no page in either family, nothing to compare: {', '.join(dead)}")
    return pairs


def ca_of(node):
    return node.root / "etc/ssl/v6lab/ca.pem"


def plain_page(node, site, port):
    return Request(site, tls=Tls(site, ca_of(node)) if port == 443 else None)


@pytest.mark.check("SVC-02")
def test_both_families_show_the_same_site(lab, history, plan, judged):
    pairs = pages(lab, history, plan, plain_page, public_sites(plan))
    judged(web.same_site(pairs), events([each.seen[6] for each in pairs]))


@pytest.mark.check("SVC-08")
def test_every_aaaa_of_every_mx_greets_on_port_25(lab, history, plan, targets, judged):
    held = looked_up(lab, history, plan, [(plan.domain, "MX")])[plan.domain, "MX"]
    names = [absolute(each.split()[1]) for each in held]
    findings, places = judge_mail.exchangers(plan.domain, names), []
    for (name, _), addresses in looked_up(lab, history, plan, [(name, "AAAA") for name in names]).items():
        findings += judge_mail.has_address(name, addresses)
        places += [(source, name, address) for address in addresses for source in OUTSIDE]

    def greet(place):
        return mail.banner(history, lab.node(place[0]), 6, place[2], timeout=targets["connect_most_s"])

    seen = side_by_side(greet, places)
    named = [
        (f"{name} {address} from {source}", each) for (source, name, address), each in zip(places, seen, strict=True)
    ]
    judged(findings + judge_mail.greets(named), events(seen))


@pytest.mark.check("SVC-12")
def test_the_mail_server_relays_for_no_stranger_in_either_family(lab, history, plan, judged):
    foreign, own = "someone@example.com", f"postmaster@{plan.domain}"
    server = next(each.node for each in plan.services if each.name == "mail")
    places = [(source, family) for source in (*OUTSIDE, *INSIDE) for family in FAMILIES]

    def ask(place):
        address = str(derive.address(plan, server, place[1], lab.stage))
        return mail.try_relay(history, lab.node(place[0]), place[1], address, "stranger@example.net", [own, foreign])

    seen = dict(zip(places, side_by_side(ask, places), strict=True))
    for (source, family), each in seen.items():
        codes = each.data.get("recipients", {})
        if not 200 <= codes.get(own, 0) < 300:
            raise CannotMeasure(f"{source} in IPv{family}: mail to {own} is not taken, so a refusal says nothing")
    findings = ()
    for source in (*OUTSIDE, *INSIDE):
        codes = {family: seen[source, family].data["recipients"][foreign] for family in FAMILIES}
        findings += judge_mail.relays_nothing(
            source, codes, {family: seen[source, family].event for family in FAMILIES}
        )
    judged(findings, events(list(seen.values())))


@pytest.mark.check("SVC-03")
def test_tls_and_virtual_hosts_are_alike_in_both_families(lab, history, plan, judged):
    sites, pairs = public_sites(plan), []
    for version in ("TLSv1.2", "TLSv1.3"):
        for host in ("", "unknown.invalid"):

            def request(node, site, port, version=version, host=host):
                return Request(host or site, tls=Tls(site, ca_of(node), version) if port == 443 else None)

            found = pages(lab, history, plan, request, sites)
            pairs += [web.Pair(f"{each.where} {version} {host}".strip(), each.seen) for each in found]
    judged(web.same_tls(pairs), events([each.seen[6] for each in pairs]))
