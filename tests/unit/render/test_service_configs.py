"""The pilot's web, application, mail, database, NTP and RPKI configurations, as they are rendered for each stage."""

from __future__ import annotations

import json
import re
import runpy
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness.plan import derive
from harness.plan.rpki import roas
from tests.unit.estate import the_plan, trees

ROOT = Path(__file__).parents[3]
BASELINE, DATACENTRE, IPV6_ONLY = "00-baseline", "31-datacentre", "40-ipv6-only"
STAGES = (BASELINE, DATACENTRE, IPV6_ONLY)
WEB = ("portal", "sites", "dvc", "qlvb", "mail", "foreign-web", "ministry")
BOTH = ("dvc", "mail", "qlvb", "qlvb-db", "portal", "sites")
SERVICES = ROOT / "images/node/overlay/usr/local/lib/v6lab/services"
OWN_SERVICES = ("45-postgres", "60-app", "62-nginx", "64-dovecot", "66-postfix", "70-chrony", "72-stayrtr")
IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
IPV6 = re.compile(r"(?<![\w:])[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){2,}")


def text(stage: str, node: str, path: str) -> str:
    return trees(stage)[node].files[path].content.decode()


def nginx(stage: str, node: str) -> str:
    files = trees(stage)[node].files
    return "\n".join(file.content.decode() for path, file in files.items() if path.startswith("etc/nginx/conf.d/"))


def families(stage: str, node: str) -> set[int]:
    return {family for port in derive.ports(the_plan(), node, stage) for family in port.families}


def setting(config: str, name: str) -> str:
    return re.search(rf"^{name} *= *(.*)$", config, re.M)[1]


def allowed(config: str) -> set[str]:
    return set(re.findall(r"^allow (\S+)$", config, re.M))


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("node", WEB)
@pytest.mark.parametrize("port", [80, 443])
def test_a_web_server_listens_in_exactly_the_families_that_the_plan_gives_it(stage, node, port):
    listens = re.findall(rf"^ *listen (\[::\]:)?{port}\b.* ?default_server", nginx(stage, node), re.M)
    assert sorted(6 if found else 4 for found in listens) == sorted(families(stage, node))


@pytest.mark.parametrize("node", ["portal", "sites", "dvc", "qlvb", "mail"])
def test_an_unknown_host_is_answered_alike_in_both_families(node):
    block = re.search(r"server \{[^}]*default_server[^}]*\}", nginx(DATACENTRE, node))[0]
    assert block.count("default_server") == 4
    assert "return 421;" in block


@pytest.mark.parametrize("node", ["portal", "sites", "dvc", "qlvb", "mail"])
def test_every_site_of_the_province_sends_port_80_to_tls_and_keeps_browsers_there(node):
    sites = re.findall(r"server_name ([^;_]+);", nginx(DATACENTRE, node))
    assert sites[0::2] == sites[1::2], "each site has a server for port 80 and one for TLS"
    assert nginx(DATACENTRE, node).count("return 301 https://") == len(sites) // 2
    assert nginx(DATACENTRE, node).count("Strict-Transport-Security") == len(sites) // 2


@pytest.mark.parametrize("service", [s for s in the_plan().services if s.name in WEB])
def test_every_name_of_a_service_has_a_site(service):
    served = set(" ".join(re.findall(r"server_name ([^;]+);", nginx(DATACENTRE, service.node))).split())
    domain = the_plan().domain
    assert {f"{name}.{domain}" if name else domain for name in service.names} <= served


@pytest.mark.parametrize("node", ["portal", "sites", "dvc", "qlvb", "mail"])
@pytest.mark.parametrize("stage", STAGES)
def test_no_page_holds_an_address(node, stage):
    for path, file in trees(stage)[node].files.items():
        if path.startswith("srv/www/"):
            assert not IPV4.findall(file.content.decode()), path
            assert not IPV6.findall(file.content.decode()), path


@pytest.mark.parametrize("node", ["portal", "sites", "mail"])
def test_every_page_carries_the_label_of_its_own_origin_and_loads_nothing_from_elsewhere(node):
    pages = [f.content.decode() for path, f in trees(DATACENTRE)[node].files.items() if path.endswith(".html")]
    assert pages
    for page in pages:
        loaded = re.findall(r'(?:src|<link[^>]* href)="([^"]+)"', page)
        assert "/chung/ipv6-ready.js" in loaded
        assert all(source.startswith("/") and source[1:] in _shared(node) for source in loaded)


def _shared(node: str) -> set[str]:
    return {path.removeprefix("srv/www/") for path in trees(DATACENTRE)[node].files if path.startswith("srv/www/chung")}


@pytest.mark.parametrize("node", [*WEB, "foreign-mail"])
def test_a_certificate_belongs_to_its_key_and_strict_verifiers_accept_its_chain(node):
    chain = x509.load_pem_x509_certificates(text(DATACENTRE, node, "etc/ssl/v6lab/server.pem").encode())
    key = serialization.load_pem_private_key(text(DATACENTRE, node, "etc/ssl/v6lab/server.key").encode(), None)
    server, ca = chain
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert server.public_key() == key.public_key()
    server.verify_directly_issued_by(ca)
    issuer = server.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert issuer == ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert ca.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign


@pytest.mark.parametrize("node", ["portal", "sites", "dvc", "qlvb", "mail", "foreign-web"])
def test_a_certificate_covers_every_name_that_is_served(node):
    server = x509.load_pem_x509_certificates(text(DATACENTRE, node, "etc/ssl/v6lab/server.pem").encode())[0]
    covered = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    served = set(" ".join(re.findall(r"server_name ([^;]+);", nginx(DATACENTRE, node))).split()) - {"_"}
    assert served <= set(covered.get_values_for_type(x509.DNSName))


def test_the_ca_is_on_every_node():
    assert {node for node, tree in trees(DATACENTRE).items() if "etc/ssl/v6lab/ca.pem" in tree.files} == set(
        trees(DATACENTRE)
    )


@pytest.mark.parametrize("node", ["dvc", "qlvb"])
def test_the_proxy_overwrites_what_a_client_says_about_itself(node):
    config = nginx(DATACENTRE, node)
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in config
    assert "proxy_set_header X-Forwarded-Port $remote_port;" in config
    assert "$proxy_add_x_forwarded_for" not in config


@pytest.fixture
def dvc(monkeypatch):
    """The application's functions; the web framework is not needed for them."""
    for module in ("bottle", "waitress"):
        monkeypatch.setitem(sys.modules, module, MagicMock())
    return runpy.run_path(str(ROOT / "configs/stages/00-baseline/roles/dvc/srv/dvc/app.py"))


def test_the_application_takes_the_word_of_its_proxy_with_the_whole_address(dvc):
    longest = "3fff:0d40:0001:0010:0123:4567:89ab:cdef"
    told = {"REMOTE_ADDR": "::1", "HTTP_X_FORWARDED_FOR": longest, "HTTP_X_FORWARDED_PORT": "40001"}
    assert dvc["client"](told) == (str(ip_address(longest)), 40001)


def test_the_application_does_not_take_the_word_of_anybody_else(dvc):
    told = {"REMOTE_ADDR": "192.0.2.7", "REMOTE_PORT": "5", "HTTP_X_FORWARDED_FOR": "192.0.2.99"}
    assert dvc["client"](told) == ("192.0.2.7", 5)


@pytest.mark.parametrize("stage", STAGES)
def test_the_database_admits_the_application_server_alone_and_in_each_family(stage):
    hba = text(stage, "qlvb-db", "etc/postgresql/17/main/pg_hba.conf")
    admitted = {ip_network(line.split()[3]) for line in hba.splitlines() if line.startswith("host")}
    addresses = {derive.address(the_plan(), "qlvb", family, stage) for family in families(stage, "qlvb")}
    assert admitted == {ip_network(address) for address in addresses}


@pytest.mark.parametrize("stage", STAGES)
def test_the_database_listens_in_both_families_at_every_stage_so_that_no_step_restarts_it(stage):
    listens = setting(text(stage, "qlvb-db", "etc/postgresql/17/main/postgresql.conf"), "listen_addresses")
    assert listens == "'0.0.0.0, ::'"


def test_the_application_finds_its_database_by_name_and_knows_its_password():
    settings = json.loads(text(DATACENTRE, "qlvb", "etc/qlvb/qlvb.json"))["database"]
    assert settings["host"] == f"qlvb-db.noibo.{the_plan().domain}"
    assert f"PASSWORD '{settings['password']}'" in text(DATACENTRE, "qlvb-db", "etc/postgresql/qlvb.sql")


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("node", ["mail", "foreign-mail"])
def test_mail_hears_both_families_and_sends_from_the_addresses_of_the_plan(stage, node):
    config = text(stage, node, "etc/postfix/main.cf")
    assert setting(config, "inet_protocols") == "ipv4, ipv6"  # at every stage, so that no step restarts it
    for family in families(stage, node):
        bound = setting(config, "smtp_bind_address6" if family == 6 else "smtp_bind_address")
        assert bound == str(derive.address(the_plan(), node, family, stage))


@pytest.mark.parametrize("node", ["mail", "foreign-mail"])
def test_mail_relays_for_itself_and_for_those_with_a_password_only(node):
    config = text(DATACENTRE, node, "etc/postfix/main.cf")
    trusted = setting(config, "mynetworks").replace("[", "").replace("]", "").split()
    assert all(ip_network(network).is_loopback for network in trusted)
    assert {ip_network(network).version for network in trusted} == {4, 6}
    relay = "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination"
    assert setting(config, "smtpd_relay_restrictions") == relay


def test_submission_asks_for_tls_and_then_for_a_password():
    master = text(DATACENTRE, "mail", "etc/postfix/master.cf")
    options = re.search(r"^submission .*\n((?:  -o .*\n)+)", master, re.M)[1]
    assert "smtpd_tls_security_level=encrypt" in options
    assert "smtpd_relay_restrictions=permit_sasl_authenticated,reject\n" in options


@pytest.mark.parametrize("stage", STAGES)
def test_mailboxes_are_served_in_both_families_at_every_stage_so_that_no_step_reloads_dovecot(stage):
    assert setting(text(stage, "mail", "etc/dovecot/dovecot.conf"), "listen") == "*, ::"


@pytest.mark.parametrize("stage", STAGES)
def test_the_time_server_answers_the_province_only_and_every_family_it_has(stage):
    networks = [ip_network(network) for network in allowed(text(stage, "mgmt", "etc/chrony/chrony.conf"))]
    assert {network.version for network in networks} == families(stage, "mgmt")
    own = [n for name in ("province", "private") for n in the_plan().blocks[name].networks.values()]
    for network in networks:
        assert any(network.version == block.version and network.subnet_of(block) for block in own), network


def test_every_public_block_has_a_roa_no_longer_than_what_is_announced():
    found = {(str(roa.prefix), roa.asn) for roa in roas(the_plan())}
    expected = {
        (str(network), the_plan().asns[name].number)
        for name in ("province", "viettel", "vnpt", "vnix")
        for network in the_plan().blocks[name].networks.values()
    }
    assert found == expected
    assert all(roa.max_length == roa.prefix.prefixlen for roa in roas(the_plan()))


def test_the_rpki_cache_serves_the_plans_roas():
    served = json.loads(text(BASELINE, "rpki", "etc/stayrtr/rpki.json"))["roas"]
    assert {(roa["prefix"], roa["maxLength"], roa["asn"]) for roa in served} == {
        (str(roa.prefix), roa.max_length, f"AS{roa.asn}") for roa in roas(the_plan())
    }


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("node", BOTH)
def test_a_server_asks_two_resolvers_in_each_family_that_it_has_within_what_the_library_reads(stage, node):
    config = text(stage, node, "etc/resolv.conf")
    asked = [ip_address(found) for found in re.findall(r"^nameserver (\S+)$", config, re.M)]
    assert {address.version for address in asked} == families(stage, node)
    assert 2 <= len(asked) <= 3
    by_node = {name for name in ("resolver1", "resolver2") for f in (4, 6) if _address(name, f, stage) in asked}
    assert by_node == {"resolver1", "resolver2"}


def _address(node, family, stage):
    return derive.address(the_plan(), node, family, stage)


@pytest.mark.parametrize("node", ["stttt-pc", "viettel-mobile"])
def test_clients_are_told_their_resolvers_by_the_network(node):
    assert "etc/resolv.conf" not in trees(DATACENTRE)[node].files


@pytest.mark.parametrize("name", OWN_SERVICES)
def test_a_start_script_names_what_it_needs_and_does_not_sleep(name):
    script = (SERVICES / name).read_text(encoding="utf-8")
    assert script.startswith("# needs: etc/")
    assert not re.search(r"^\s*sleep\b", script, re.M)
    needs = script.splitlines()[0].removeprefix("# needs: ")
    assert any(needs in tree.files for tree in trees(DATACENTRE).values())
