"""What the embedded engine refuses, passes over or only notes; and what lint warns of."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import WrongInput
from harness.topology.lint import check, lint, refuse
from harness.topology.load import load
from harness.topology.model import Topology
from harness.topology.shapes import NODE
from harness.topology.support import HARMLESS, HONOURED, REFUSED

QUIET = "network-mode: none, privileged: false"


def read(tmp_path: Path, body: str, rest: str = "") -> Topology:
    file = tmp_path / "lab.clab.yml"
    file.write_text(f"name: t\ntopology:\n  nodes:\n    a: {{kind: linux, image: x, {body}}}\n{rest}")
    return load(file, {})


def test_every_key_of_a_node_is_honoured_or_harmless_or_refused_and_only_one() -> None:
    for key in NODE.keys:
        assert (key in HONOURED) + (key in HARMLESS) + (key in REFUSED) == 1, key


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("auto-remove: true", "auto-remove"),
        ("certificate: {issue: true}", "certificate"),
        ("cpu: 0.5", "cpu"),
        ("dns: {servers: [192.0.2.1]}", "dns"),
        ("env-files: [x]", "env-files"),
        ("healthcheck: {test: [x]}", "healthcheck"),
        ("license: x", "license"),
        ("memory: 1gb", "memory"),
        ("network-mode: host", "network-mode"),
        ("network-mode: 'container:b'", "network-mode"),
        ("network-mode: bridge", "network-mode"),
        ("ports: ['80:80']", "ports"),
        ("privileged: true", "privileged"),
        ("restart-policy: always", "restart-policy"),
        ("runtime: podman", "runtime"),
        ("shm-size: 1gb", "shm-size"),
        ("stages: {create: {wait-for: [{node: b, stage: healthy}]}}", "stages"),
        ("startup-config: x", "startup-config"),
        ("startup-delay: 5", "startup-delay"),
        ("tmpfs: {/x: ''}", "tmpfs"),
        ("user: nobody", "user"),
        ("volumes: [/x]", "volumes"),
        ("mgmt-ipv6: '2001:db8::1'", "mgmt-ipv6"),
        ("binds: ['/a:/b:rshared']", "binds[0]"),
    ],
)
def test_what_the_embedded_engine_cannot_do_is_refused_by_name(tmp_path: Path, body: str, key: str) -> None:
    topology = read(tmp_path, body)
    (error,) = [finding for finding in topology.unsupported if finding.severity == "error"]
    assert (error.key, error.line) == (f"topology.nodes.a.{key}", 4)
    assert error.hint
    with pytest.raises(WrongInput):
        refuse(topology)


@pytest.mark.parametrize(
    "body",
    [
        "auto-remove: false",
        "certificate: {issue: false}",
        "dns: {}",
        "restart-policy: 'no'",
        "runtime: docker",
        "stages: {create: {}}",
        "mgmt-ipv4: 192.0.2.1",
        "position: left, labels: {graph-icon: router}, type: x, aliases: [y]",
        "binds: ['/a:/b:ro,z']",
    ],
)
def test_what_changes_nothing_passes(tmp_path: Path, body: str) -> None:
    assert read(tmp_path, f"{QUIET}, {body}").unsupported == ()


def test_a_refusal_points_to_the_level_that_asks_and_comes_once(tmp_path: Path) -> None:
    topology = read(tmp_path, QUIET, "    b: {kind: linux, image: x}\n  defaults: {ports: ['80:80']}\n")
    (error,) = [finding for finding in topology.unsupported if finding.severity == "error"]
    assert (error.key, error.line) == ("topology.defaults.ports", 6)
    assert str(error) == (
        f"{topology.file}:6: error: topology.defaults.ports: not supported by the embedded engine: "
        "nothing of a lab is published on the host\n  → measure from inside the lab, or take it out"
    )


def test_another_kind_is_refused_and_what_only_that_kind_asks_is_not_listed(tmp_path: Path) -> None:
    topology = read(tmp_path, QUIET, "    br: {kind: bridge, license: x}\n  kinds: {nokia_srlinux: {license: y}}\n")
    assert [(finding.key, finding.text) for finding in topology.unsupported] == [
        ("topology.nodes.br.kind", "kind bridge is not run, only linux")
    ]


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ('endpoints: ["a:eth1", "host:x"]', "host"),
        ('endpoints: ["MACVLAN:eth0", "a:eth1"]', "macvlan"),
        ('endpoints: ["a:eth1", "mgmt-net:x"]', "mgmt-net"),
        ("type: dummy\n      endpoint: {node: a, interface: d}", "dummy"),
        ("type: vxlan\n      endpoint: {node: a, interface: d}\n      remote: 192.0.2.1\n      vni: 5", "vxlan"),
        ("type: veth\n      endpoints: [{node: a, interface: e}, {node: host, interface: e}]", "host"),
    ],
)
def test_a_link_that_is_no_veth_between_nodes_is_refused_by_its_type(tmp_path: Path, link: str, kind: str) -> None:
    topology = read(tmp_path, QUIET, f"  links:\n    - {link}\n")
    (error,) = topology.unsupported
    assert topology.links == ()
    assert (error.key, error.line, error.text) == (
        "topology.links[0]",
        6,
        f"a link of type {kind} leaves the lab or needs the host",
    )


@pytest.mark.parametrize(
    ("body", "capabilities", "admin"),
    [
        ("cmd: sleep", ("NET_ADMIN", "SYS_ADMIN"), True),
        ("cap-add: [NET_RAW]", ("NET_RAW", "NET_ADMIN", "SYS_ADMIN"), True),
        ("privileged: false", (), False),
        ("privileged: false, cap-add: [NET_ADMIN]", ("NET_ADMIN",), False),
    ],
)
def test_a_node_of_which_nothing_is_said_may_set_up_its_own_network(
    tmp_path: Path, body: str, capabilities: tuple[str, ...], admin: bool
) -> None:
    node = read(tmp_path, body).nodes["a"]
    assert (node.capabilities, node.network_admin) == (capabilities, admin)


def test_defaults_that_differ_from_containerlab_are_notes_and_no_reason_to_refuse(tmp_path: Path) -> None:
    topology = read(tmp_path, "cmd: sleep", "    b: {kind: linux, image: x}\n")
    assert [finding.severity for finding in topology.unsupported] == ["note", "note"]
    refuse(topology)


@pytest.mark.parametrize(
    ("rest", "warning"),
    [
        ("", "the node has no links"),
        (
            '    b: {image: x, kind: linux}\n  links:\n    - {endpoints: ["a:e1", "b:e1"], mtu: 1000}\n',
            "less than IPv6 needs",
        ),
        (
            '    b: {image: x, kind: linux}\n  links:\n    - endpoints: ["a:e1", "b:e1"]\n'
            '    - {endpoints: ["b:e2", "a:e2"], mtu: 1500}\n',
            "parallel links between a and b differ in MTU: 9500, 1500",
        ),
        (f"    {'b' * 58}: {{image: x, kind: linux}}\n", "is longer than 60 characters"),
    ],
)
def test_what_is_odd_is_a_warning_and_passes(tmp_path: Path, rest: str, warning: str) -> None:
    topology = read(tmp_path, QUIET, rest)
    assert any(warning in finding.text for finding in lint(topology) if finding.severity == "warning")
    check(topology)


def test_a_sound_topology_has_no_findings(tmp_path: Path) -> None:
    rest = f'    b: {{image: x, kind: linux, {QUIET}}}\n  links:\n    - endpoints: ["a:eth0", "b:eth0"]\n'
    topology = read(tmp_path, QUIET, rest)
    assert (lint(topology), topology.unsupported) == ((), ())


def test_interfaces_of_other_kinds_may_have_names_of_their_own(tmp_path: Path) -> None:
    rest = '    r: {image: x, kind: nokia_srlinux}\n  links:\n    - endpoints: ["a:eth1", "r:ethernet-1/1"]\n'
    assert lint(read(tmp_path, QUIET, rest)) == ()
