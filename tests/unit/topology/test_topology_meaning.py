"""What a containerlab file means once it is merged: nodes, links, paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.topology.binds import missing_binds
from harness.topology.load import load
from harness.topology.model import Bind, Endpoint, NodeSpec, Topology

IPV6_ON = {"net.ipv6.conf.all.disable_ipv6": "0"}

LEVELS = """
name: levels
topology:
  defaults: {kind: linux, image: d, group: g, env: {A: d, B: d, C: d, D: d}, exec: [d, same], cap-add: [NET_ADMIN]}
  kinds:
    linux: {hostname: from-kind, env: {B: k, C: k, D: k}, exec: [k], cmd: sleep 1, network-mode: none}
  groups:
    g: {env: {C: g, D: g}, exec: [g, same], cap-add: [CAP_NET_RAW], labels: {v6lab-role: core}}
  nodes:
    n: {image: n, env: {D: n}, exec: [n], cap-add: [net_admin], group: g}
    empty:
"""


def read(tmp_path: Path, text: str, **variables: str) -> Topology:
    file = tmp_path / "lab.clab.yml"
    file.write_text(text)
    return load(file, variables)


def node(tmp_path: Path, body: str, **variables: str) -> NodeSpec:
    text = f"name: t\ntopology:\n  nodes:\n    a:\n      kind: linux\n      image: x\n{body}"
    return read(tmp_path, text, **variables).nodes["a"]


def links(tmp_path: Path, body: str) -> Topology:
    nodes = "name: t\ntopology:\n  defaults: {kind: linux, image: x}\n  nodes: {a: , b: }\n  links:\n"
    return read(tmp_path, nodes + body)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image", "n"),
        ("hostname", "from-kind"),
        ("group", "g"),
        ("cmd", ("sleep", "1")),
        ("entrypoint", None),
        ("network_mode", "none"),
        ("env", {"A": "d", "B": "k", "C": "g", "D": "n"}),
        ("exec", ("d", "same", "k", "g", "n")),
        ("capabilities", ("NET_ADMIN", "NET_RAW", "SYS_ADMIN")),
        ("labels", {"v6lab-role": "core"}),
        ("role", "core"),
        ("sysctls", IPV6_ON),
    ],
)
def test_a_node_gets_what_its_four_levels_give(tmp_path: Path, field: str, value: object) -> None:
    assert getattr(read(tmp_path, LEVELS).nodes["n"], field) == value


def test_a_node_without_a_body_gets_the_other_levels(tmp_path: Path) -> None:
    empty = read(tmp_path, LEVELS).nodes["empty"]
    assert (empty.image, empty.group, empty.env["D"], empty.hostname) == ("d", "g", "g", "from-kind")


@pytest.mark.parametrize(
    ("sections", "kind", "group"),
    [
        ("nodes: {n: {kind: Linux}}", "linux", ""),
        ("groups: {g: {kind: linux}}\n  nodes: {n: {group: g}}", "linux", "g"),
        ("defaults: {group: g}\n  groups: {g: {kind: linux}}\n  nodes: {n: {image: x}}", "linux", "g"),
        ("kinds: {linux: {group: k}}\n  nodes: {n: {kind: linux}}", "linux", "k"),
        ("defaults: {group: d}\n  kinds: {linux: {group: k}}\n  nodes: {n: {kind: linux}}", "linux", "k"),
        ("defaults: {kind: linux, group: d}\n  nodes: {n: }", "linux", "d"),
        ("groups: {g: {kind: bridge}}\n  nodes: {n: {kind: linux, group: g}}", "linux", "g"),
    ],
)
def test_kind_and_group_come_from_where_containerlab_takes_them(
    tmp_path: Path, sections: str, kind: str, group: str
) -> None:
    found = read(tmp_path, f"name: t\ntopology:\n  {sections}\n").nodes["n"]
    assert (found.kind, found.group) == (kind, group)


@pytest.mark.parametrize(
    ("yaml", "value"),
    [("yes", "yes"), ("1.0", "1.0"), ("010", "010"), ("0x1F", "0x1F"), ("~", ""), ("null", ""), ('"null"', "null")],
)
def test_a_scalar_is_text_as_written_where_text_is_wanted(tmp_path: Path, yaml: str, value: str) -> None:
    assert node(tmp_path, f"      env: {{V: {yaml}}}\n").env == {"V": value}


def test_an_anchor_brings_in_keys_and_mappings_add_up(tmp_path: Path) -> None:
    body = "    b: {<<: {kind: linux, image: q, env: {A: 1}, exec: [one]}, image: r, env: {B: 2}, exec: [two]}\n"
    text = f"name: t\ntopology:\n  nodes:\n{body}"
    found = read(tmp_path, text).nodes["b"]
    assert (found.image, found.env, found.exec) == ("r", {"A": "1", "B": "2"}, ("two",))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("sh -c 'a  b' c", ("sh", "-c", "a  b", "c")),
        (r'echo "a \"b\" $X" d\ e', ("echo", 'a "b" $X', "d e")),
        ("sleep 1 # a while", ("sleep", "1")),
        ("a#b ''", ("a#b", "")),
        ("''", ("",)),
    ],
)
def test_a_command_is_split_as_a_shell_does(tmp_path: Path, written: str, words: tuple[str, ...]) -> None:
    assert node(tmp_path, f"      cmd: |-\n        {written}\n").cmd == words


def test_binds_are_resolved_and_the_more_specific_wins_a_target(tmp_path: Path) -> None:
    text = """
name: t
topology:
  defaults: {kind: linux, binds: [/d:/both, "conf/../x:/x:ro"]}
  nodes:
    a: {binds: [/n:/both, "~/key:/key:rw,z", "__clabNodeDir__/c:/c", "__clabDir__:/lab", "n-__clabNodeName__:/n"]}
"""
    assert set(read(tmp_path, text, HOME="/home/me").nodes["a"].binds) == {
        Bind(Path("/n"), "/both"),
        Bind(tmp_path / "x", "/x", read_only=True),
        Bind(Path("/home/me/key"), "/key"),
        Bind(tmp_path / "clab-t/a/c", "/c"),
        Bind(tmp_path / "clab-t", "/lab"),
        Bind(tmp_path / "n-a", "/n"),
    }


def test_commands_to_run_know_the_magic_variables(tmp_path: Path) -> None:
    assert node(tmp_path, "      exec: [echo __clabNodeName__ of __clabLabName__]\n").exec == ("echo a of clab-t",)


def test_a_bind_of_a_path_that_does_not_exist_is_found(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    text = "name: t\ntopology:\n  nodes:\n    a: {kind: linux, binds: [there:/x, gone:/y]}\n"
    (finding,) = missing_binds(read(tmp_path, text))
    assert (finding.line, finding.key) == (4, "topology.nodes.a.binds")
    assert str(tmp_path / "gone") in finding.text


def test_the_whole_environment_is_imported_where_asked(tmp_path: Path) -> None:
    found = node(tmp_path, "      env: {__IMPORT_ENVS: true, A: own}\n", A="outer", B="b")
    assert found.env == {"__IMPORT_ENVS": "true", "A": "own", "B": "b"}


def test_a_brief_link_is_a_veth_of_9500_bytes(tmp_path: Path) -> None:
    topology = links(tmp_path, '    - endpoints: ["a:eth1", "b:eth2"]\n      labels: {x: 1}\n      vars: {y: [1]}\n')
    (link,) = topology.links
    assert (link.a, link.b, link.mtu, link.key) == (
        Endpoint("a", "eth1"),
        Endpoint("b", "eth2"),
        9500,
        "topology.links[0]",
    )
    assert topology.peer(Endpoint("b", "eth2")) == Endpoint("a", "eth1")
    assert topology.lines["topology.links[0]"] == 6


def test_an_extended_link_carries_mtu_and_mac(tmp_path: Path) -> None:
    body = """
    - type: VETH
      mtu: 1400
      endpoints:
        - {node: a, interface: eth1, mac: 02-00-00-00-00-0A, ipv6: "2001:db8::1/64"}
        - {node: b, interface: eth2}
"""
    (link,) = links(tmp_path, body).links
    assert (link.mtu, link.mac) == (1400, {Endpoint("a", "eth1"): "02:00:00:00:00:0a"})


def test_keys_of_the_whole_file_are_read(tmp_path: Path) -> None:
    text = "name: t\nprefix: ''\nmgmt: {network: n, mtu: 1500}\nsettings: {certificate-authority: {key-size: 2048}}\n"
    topology = read(tmp_path, text + "topology: {nodes: {a: {kind: linux}}}\n", X="1")
    assert (topology.name, topology.prefix, topology.variables) == ("t", "", {"X": "1"})
    assert read(tmp_path, "name: t\nprefix:\ntopology: {nodes: {a: {kind: linux}}}\n").prefix == "clab"
