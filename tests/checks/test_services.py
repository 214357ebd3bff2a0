import json
import re
import secrets
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from vantage import INSIDE, OUTSIDE, access_logs, ca_of, families, ipv6_only_hosts, looked_up

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
from harness.render.keys import Keys
from harness.verdict import mail as judge_mail
from harness.verdict import web

WEB = (80, 443)
FOREIGN = "someone@example.com"


def postmaster(plan):
    """Whom every mail server takes mail for (RFC 5321 section 4.5.1)."""
    return f"postmaster@{plan.domain}"


def public_sites(plan, lab):
    """Every public name of a web service whose server has IPv6 at the stage."""
    services = [
        each
        for each in plan.services
        if each.names and set(each.tcp) & set(WEB) and "internet" in each.sources
        if 6 in families(plan, lab, each.node)
    ]
    return sorted({f"{name}.{plan.domain}" if name else plan.domain for each in services for name in each.names})


def events(seen):
    return tuple(each.event for each in seen[:3])


@pytest.mark.check("SVC-01")
def test_every_aaaa_of_every_site_takes_connections(lab, history, plan, targets, judged):
    found = looked_up(lab, history, plan, [(site, "AAAA") for site in public_sites(plan, lab)])
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


def pages(lab, history, plan, requests, sites):
    """``requests`` give what to ask of (node, site, port), by what to call it; all asked at once in both families."""
    questions = [(site, rdtype) for site in sites for rdtype in ADDRESS_TYPE.values()]
    found = looked_up(lab, history, plan, questions)
    if lacking := [f"{site} {rdtype}" for (site, rdtype), addresses in found.items() if not addresses]:
        raise CannotMeasure(f"nothing to compare with: no {', '.join(lacking)}")
    keys, asks = [], []
    for source in map(lab.node, OUTSIDE):
        for site, port, (called, request) in product(sites, WEB, requests.items()):
            keys.append(f"{site} port {port} from {source.name} {called}".strip())
            asks += [
                HttpAsk(source, family, found[site, ADDRESS_TYPE[family]][0], request(source, site, port))
                for family in FAMILIES
            ]
    answers = iter(fetch_many(history, asks))
    pairs = [web.Pair(where, {family: next(answers) for family in FAMILIES}) for where in keys]
    if dead := web.reached(pairs):
        raise CannotMeasure(f"no page in either family, nothing to compare: {', '.join(dead)}")
    return pairs


def plain_page(node, site, port):
    return Request(site, tls=Tls(site, ca_of(node)) if port == 443 else None)


@pytest.mark.check("SVC-02")
def test_both_families_show_the_same_site(lab, history, plan, traced, judged):
    pairs = pages(lab, history, plan, {"": plain_page}, public_sites(plan, lab))
    judged(web.same_site(pairs), events([each.seen[6] for each in pairs]))


@pytest.fixture(scope="module")
def relaying(lab, history, plan):
    """What the mail server says to strangers, by (source, family). A server that waits for its own resolvers takes
    its time: it is asked while other tests measure."""

    def ask(place):
        server = next(each.node for each in plan.services if each.name == "mail")
        address = str(derive.address(plan, server, place[1], lab.stage))
        recipients = [postmaster(plan), FOREIGN]
        return mail.try_relay(history, lab.node(place[0]), place[1], address, "stranger@example.net", recipients)

    def ask_all():
        places = [(source, family) for source in (*OUTSIDE, *INSIDE) for family in families(plan, lab, source)]
        return dict(zip(places, side_by_side(ask, places), strict=True))

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(ask_all)


@pytest.mark.check("SVC-08")
def test_every_aaaa_of_every_mx_greets_on_port_25(lab, history, plan, targets, relaying, judged):
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


@pytest.mark.check("SVC-03")
def test_tls_and_virtual_hosts_are_alike_in_both_families(lab, history, plan, judged):
    requests = {}
    for version, host in product(("TLSv1.2", "TLSv1.3"), ("", "unknown.invalid")):

        def request(node, site, port, version=version, host=host):
            return Request(host or site, tls=Tls(site, ca_of(node), version) if port == 443 else None)

        requests[f"{version} {host}".strip()] = request
    pairs = pages(lab, history, plan, requests, public_sites(plan, lab))
    judged(web.same_tls(pairs), events([each.seen[6] for each in pairs]))


CLIENT = re.compile(r"client=\[(?P<address>[^]]*)]:(?P<port>\d+) ")
LIES = {
    "X-Forwarded-For": "192.0.2.66",
    "X-Forwarded-Port": "1",
    "X-Real-IP": "192.0.2.66",
    "Forwarded": "for=192.0.2.66",
}
"""What a client may claim to be: nobody may believe it."""
BOUNDARY = "v6lab-part"


def form(fields, file):
    """A form with a file as multipart/form-data (RFC 7578): its headers and its body."""
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    parts += [
        f'Content-Disposition: form-data; name="{name}"; filename="giay-to.txt"\r\n'
        f"Content-Type: text/plain\r\n\r\n{content}"
        for name, content in file.items()
    ]
    body = "".join(f"--{BOUNDARY}\r\n{part}\r\n" for part in parts) + f"--{BOUNDARY}--\r\n"
    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, body.encode()


def officer(plan):
    """An officer's basic authentication."""
    return {"Authorization": "Basic " + b64encode(f"canbo1:{Keys(plan.keys).password('canbo1')}".encode()).decode()}


def request_to(plan, node, service, token):
    """What a person would send to a web service, with lies about the sender; ``token`` is in the request line."""
    site = f"{service.names[0]}.{plan.domain}" if service.names[0] else plan.domain
    tls, headers, mark = Tls(site, ca_of(node)), dict(LIES) | {"Accept": "application/json"}, f"?dau-vet={token}"
    if service.name == "dvc":
        more, body = form({"applicant": "Nguyễn Văn An", "subject": f"Kiểm tra {token}"}, {"file": token * 100})
        return Request(site, f"/nop-ho-so{mark}", "POST", headers | more, body, tls)
    if service.name == "qlvb":
        more, body = form({"number": f"KT-{token}", "title": "Kiểm tra"}, {})
        return Request(site, f"/van-ban{mark}", "POST", headers | more | officer(plan), body, tls)
    return Request(site, f"/{mark}", headers=headers, tls=tls)


def stored(history, ask, seen):
    """What the application has in its database about who sent ``seen``: ``ADDRESS PORT``, or the address alone."""
    said = json.loads(seen.raw)
    if "registered_from" in said:
        return said["registered_from"]
    page = Request(ask.request.host, f"/bien-nhan/{said['number']}.json", tls=ask.request.tls)
    receipt = json.loads(fetch_many(history, [ask._replace(request=page)])[0].raw)
    return f"{receipt['address']} {receipt['port']}"


def logged(log, token):
    """``ADDRESS PORT`` of the request with ``token`` in an access log; empty where there is none."""
    before, _, after = log.partition(token)
    found = CLIENT.search(before.rpartition("\n")[2] + token + after.partition("\n")[0]) if after else None
    return f"{found['address']} {found['port']}" if found else ""


def allowed(plan, lab, client, service):
    """Whether the plan lets a client use a service."""
    kind = {"wired": {"wired", "agency"}, "wifi": {"agency"}}.get(derive.lan_of(plan, client).kind, set())
    return bool({"internet", *kind} & set(service.sources)) and 6 in families(plan, lab, service.node)


def requests_of_all(lab, plan):
    """(client, service, family, token) and request of what each client sends to each web service that it may use."""
    keys, asks = [], []
    people = (*OUTSIDE, *INSIDE, *(ipv6_only_hosts(plan, lab, own=True) + ipv6_only_hosts(plan, lab, own=False)))
    for client in dict.fromkeys(people):
        for service in plan.services:
            if not (set(service.tcp) & set(WEB) and service.names and allowed(plan, lab, client, service)):
                continue
            for family in families(plan, lab, client):
                target = derive.address(plan, service.node, family, lab.stage)
                if target is None:
                    continue
                token = secrets.token_hex(8)
                keys.append((client, service, family, token))
                request = request_to(plan, lab.node(client), service, token)
                asks.append(HttpAsk(lab.node(client), family, str(target), request))
    return keys, asks


@pytest.fixture(scope="module")
def traced(lab, history, plan):
    """What everybody sends to each web service, and the answers. An application that waits for its database takes its
    time: it is asked while other tests measure."""

    def ask():
        keys, asks = requests_of_all(lab, plan)
        return keys, asks, fetch_many(history, asks)

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(ask)


@pytest.mark.check("SVC-06")
def test_logs_and_databases_hold_the_clients_own_address_and_port(lab, history, targets, traced, judged):
    keys, asks, seen = traced.result()
    answered = [key for key, each in zip(keys, seen, strict=True) if each.data.get("status") in (200, 201)]
    tokens = {service.node: [key[3] for key in answered if key[1] == service] for _, service, _, _ in answered}
    logs = access_logs(lab, tokens, targets["arrives_most_s"])
    findings, lost = (), []
    for (client, service, family, token), ask, each in zip(keys, asks, seen, strict=True):
        where = f"{service.node} about {client} in IPv{family}"
        if each.data.get("status") not in (200, 201):
            lost.append(where)
            continue
        told = {"the access log": logged(logs[service.node], token)}
        if service.name in ("dvc", "qlvb"):
            told["the database"] = stored(history, ask, each)
        findings += web.kept(where, told, each.data["source"], each.data["source_port"])
    if lost and not findings:
        raise CannotMeasure(f"no answer, so nothing to look for in the logs: {', '.join(lost)}")
    judged(findings, events(seen))


@pytest.mark.check("SVC-12")
def test_the_mail_server_relays_for_no_stranger_in_either_family(lab, plan, relaying, judged):
    own = postmaster(plan)
    seen = relaying.result()
    for (source, family), each in seen.items():
        codes = each.data.get("recipients", {})
        if not 200 <= codes.get(own, 0) < 300:
            raise CannotMeasure(f"{source} in IPv{family}: mail to {own} is not taken, so a refusal says nothing")
    findings = ()
    for source in (*OUTSIDE, *INSIDE):
        told = {family: seen[source, family] for family in families(plan, lab, source)}
        codes = {family: each.data["recipients"][FOREIGN] for family, each in told.items()}
        findings += judge_mail.relays_nothing(source, codes, {family: each.event for family, each in told.items()})
    judged(findings, events(list(seen.values())))
