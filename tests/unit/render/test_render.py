"""Rendering by small configurations: errors with file and line, modes, macros; and the key material."""

from __future__ import annotations

import base64
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdata
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness.errors import WrongInput
from harness.render import keys
from harness.render.keys import Keys
from harness.render.render import Configs, render
from harness.render.tree import NodeTree
from tests.unit.estate import the_plan, the_topology

BASELINE, PILOT = "00-baseline", "21-pilot"
ZONES = ["", "vn", "daknong.gov.vn", "d.0.f.f.f.3.ip6.arpa"]


def given(root: Path, files: dict[str, str]) -> Configs:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return Configs(root)


def ns1(root: Path, files: dict[str, str], stage: str = BASELINE) -> NodeTree:
    return render(the_topology(), the_plan(), given(root, files), stage)["ns1"]


def template(text: str) -> dict[str, str]:
    return {"stages/00-baseline/nodes/ns1/etc/f.j2": text}


def test_a_template_sees_its_node_and_the_plan(tmp_path: Path) -> None:
    tree = ns1(tmp_path, template("{{ node.name }} {{ node.host.addresses[4] }}\n"))
    assert tree.files["etc/f"].content == b"ns1 203.0.113.75/26\n"


def test_every_node_has_a_tree_though_nothing_is_given_to_it(tmp_path: Path) -> None:
    trees = render(the_topology(), the_plan(), given(tmp_path, template("x")), BASELINE)
    assert set(trees) == set(the_topology().nodes)
    assert [name for name, tree in trees.items() if tree.files] == ["ns1"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("one\ntwo {{ nowhere }}\n", 2, r"'nowhere' is undefined \(rendering ns1\)"),
        ("{{ node.name }}\n\n{{ node.nothing }}\n", 3, r"no attribute 'nothing' \(rendering ns1\)"),
        ("one\n{% if nowhere %}x{% endif %}\n", 2, "'nowhere' is undefined"),
        ("one\n{% if %}\n", 2, "Expected an expression"),
        ("one\n\n{{ node.port('eth9').cost }}\n", 3, "ns1 has no interface 'eth9'; it has eth1"),
        ("one\n{% from 'none.j2' import x %}\n", 2, "there is no macro file 'none.j2'"),
    ],
    ids=["name", "attribute", "condition", "syntax", "lookup", "macro file"],
)
def test_a_mistake_in_a_template_gives_its_file_and_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    file = tmp_path / "stages/00-baseline/nodes/ns1/etc/f.j2"
    with pytest.raises(WrongInput, match=said) as caught:
        ns1(tmp_path, template(text))
    assert (str(caught.value.where), caught.value.line) == (str(file), line)


def test_a_mistake_in_a_macro_gives_the_macros_file_and_line(tmp_path: Path) -> None:
    files = template("{% from 'm.j2' import m %}\n\n\n{{ m() }}\n")
    files["macros/m.j2"] = "{% macro m() %}\nx\n{{ nowhere }}\n{% endmacro %}\n"
    with pytest.raises(WrongInput, match="'nowhere' is undefined") as caught:
        ns1(tmp_path, files)
    assert (str(caught.value.where), caught.value.line) == (str(tmp_path / "macros/m.j2"), 3)


def test_what_is_no_template_is_copied_byte_by_byte(tmp_path: Path) -> None:
    tree = ns1(tmp_path, {"stages/00-baseline/roles/all/etc/f": "{{ nowhere }}\n"})
    assert tree.files["etc/f"].content == b"{{ nowhere }}\n"


def test_an_executable_file_stays_one_and_all_others_have_one_mode(tmp_path: Path) -> None:
    configs = given(tmp_path, {"stages/00-baseline/roles/all/a.j2": "x", "stages/00-baseline/roles/all/b": "x"})
    (configs.stages / "00-baseline/roles/all/a.j2").chmod(0o700)
    (configs.stages / "00-baseline/roles/all/b").chmod(0o600)
    files = render(the_topology(), the_plan(), configs, BASELINE)["ns1"].files
    assert {path: file.mode for path, file in files.items()} == {"a": 0o755, "b": 0o644}


def test_a_stage_takes_a_file_away_and_says_which_stage_decided_about_the_others(tmp_path: Path) -> None:
    files = {
        "stages/00-baseline/roles/all/a": "x",
        "stages/00-baseline/roles/all/b": "x",
        "stages/12-prepare/nodes/ns1/a.absent": "",
        "stages/21-pilot/roles/all/b": "y",
    }
    assert set(ns1(tmp_path, files).files) == {"a", "b"}
    later = ns1(tmp_path, files, PILOT).files
    assert {path: (file.content, file.source.stage) for path, file in later.items()} == {"b": (b"y", PILOT)}


def test_a_candidate_lies_over_every_stage(tmp_path: Path) -> None:
    configs = given(tmp_path, {"stages/21-pilot/nodes/ns1/a": "x", "candidate/roles/all/a": "y"})
    trees = render(the_topology(), the_plan(), configs, PILOT, overlays=(tmp_path / "candidate",))
    assert trees["ns1"].files["a"].content == b"y"


def test_a_stage_that_does_not_exist_is_told_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"there is no stage '99'\n  → stages: 00-baseline, "):
        ns1(tmp_path, template("x"), "99")


def test_keys_made_again_from_one_seed_are_the_same_bytes() -> None:
    def made() -> tuple[str, ...]:
        for cached in (keys._key, keys._ca, keys._server):
            cached.cache_clear()
        ours = Keys("seed")
        names = ["www.example.com", "example.com"]
        zone = ours.zone("example.com")
        return (ours.ca(), ours.certificate(names), ours.private_key(names), zone.private_file, zone.ds)

    assert made() == made()


def test_another_seed_name_or_zone_has_another_key() -> None:
    one, other = Keys("seed"), Keys("seed2")
    assert one.ca() != other.ca()
    assert one.password("an") != other.password("an")
    assert len({one.zone("a").ds, one.zone("b").ds, other.zone("a").ds}) == 3
    assert len({one.password("an"), one.password("binh"), one.secret("an")}) == 3


@pytest.mark.parametrize("zone", ZONES)
def test_a_zones_ds_and_tag_are_those_that_dnspython_reckons(zone: str) -> None:
    key = Keys("seed").zone(zone)
    name = dns.name.from_text(zone + ".")
    record = dns.rdata.from_text("IN", "DNSKEY", key.dnskey)
    assert key.tag == dns.dnssec.key_id(record)  # type: ignore[arg-type]
    assert dns.rdata.from_text("IN", "DS", key.ds) == dns.dnssec.make_ds(name, record, "SHA256")
    assert key.file == f"K{zone}.+013+{key.tag:05d}"


@pytest.mark.parametrize("zone", ZONES)
def test_the_private_key_of_a_zone_belongs_to_its_public_one(zone: str) -> None:
    key = Keys("seed").zone(zone)
    written = dict(line.split(": ", 1) for line in key.private_file.splitlines())
    private = ec.derive_private_key(int.from_bytes(base64.b64decode(written["PrivateKey"]), "big"), ec.SECP256R1())
    point = private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    assert point[1:] == base64.b64decode(key.dnskey.split()[-1]) == key.public
    assert key.public_file.splitlines()[-1] == f"{zone}. IN DNSKEY {key.dnskey}"


def test_a_certificate_is_signed_by_the_ca_and_has_its_private_key() -> None:
    ours = Keys("seed")
    names = ["www.example.com", "example.com"]
    server, authority = x509.load_pem_x509_certificates(ours.certificate(names).encode())
    assert authority == x509.load_pem_x509_certificate(ours.ca().encode())
    server.verify_directly_issued_by(authority)
    private = serialization.load_pem_private_key(ours.private_key(names).encode(), None)
    assert private.public_key() == server.public_key()
    alternatives = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert alternatives.get_values_for_type(x509.DNSName) == names
