"""Files that containerlab would not read: each with the whole message that its author sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import WrongInput
from harness.topology.lint import check
from harness.topology.load import load

ONE = "name: t\ntopology:\n  nodes:\n    a:\n      kind: linux\n      image: x\n"
"""Six lines that are right; what is wrong comes behind them, from line 7."""

TWO = ONE + "    b: {kind: linux, image: x}\n  links:\n"
"""Eight lines; a link comes behind them, from line 9."""

NODE_KEYS = (
    "aliases, auto-remove, binds, cap-add, certificate, cgroup-parent, cgroupns-mode, cmd, components, config, cpu, "
    "cpu-set, credentials, devices, dns, enforce-startup-config, entrypoint, env, env-files, exec, extras, group, "
    "healthcheck, hostname, image, image-pull-policy, kind, labels, license, link-apply-mode, memory, mgmt-ipv4, "
    "mgmt-ipv6, network-mode, password, pid-mode, ports, position, privileged, restart-policy, runtime, "
    "security-opts, shm-size, stages, startup-config, startup-delay, suppress-startup-config, sysctls, tmpfs, type, "
    "user, username, volumes"
)
FILE_KEYS = "debug, mgmt, name, prefix, settings, topology"
LINK_HINT = '  → write endpoints: ["nodeA:eth1", "nodeB:eth1"]'
END_HINT = "  → write - node: NAME and interface: PORT for each end"
NAME_HINT = "  → use letters, digits, '-', '.' and '_', beginning with a letter or digit"

UNREADABLE = {
    "an unknown key of a node": (
        ONE + "      imaeg: y\n",
        f"FILE:7: topology.nodes.a.imaeg: unknown key\n  → did you mean image? keys here: {NODE_KEYS}",
    ),
    "an unknown key of the file": (ONE + "nodes: {}\n", f"FILE:7: nodes: unknown key\n  → keys here: {FILE_KEYS}"),
    "an unknown key inside a key": (
        ONE + "      dns: {server: [192.0.2.1]}\n",
        "FILE:7: topology.nodes.a.dns.server: unknown key\n  → did you mean servers? keys here: options, search, servers",
    ),
    "an unknown key of a link": (
        TWO + '    - endpoints: ["a:e1", "b:e1"]\n      delay: 5\n',
        "FILE:10: topology.links[0].delay: unknown key\n  → keys here: endpoints, ipv4, ipv6, labels, mtu, type, vars",
    ),
    "a key given twice": (
        ONE + "      env: {A: 1}\n      env: {B: 2}\n",
        "FILE:8: topology.nodes.a.env: given twice, first on line 7\n  → keep one of the two",
    ),
    "a node given twice": (
        ONE + "    a: {kind: linux}\n",
        "FILE:7: topology.nodes.a: given twice, first on line 4\n  → keep one of the two",
    ),
    "a variable given twice through an anchor": (
        ONE + "    b: {<<: {env: {A: 1}}, env: {A: 2}}\n",
        "FILE:7: topology.nodes.b.env.A: given here and by <<\n  → keep one of the two",
    ),
    "text where a list belongs": (
        ONE + "      exec: ip addr\n",
        "FILE:7: topology.nodes.a.exec: a list is wanted, this is 'ip addr'\n  → write one '- item' a line",
    ),
    "a list where a mapping belongs": (
        ONE + "      env: [A=1]\n",
        "FILE:7: topology.nodes.a.env: a mapping is wanted, this is a list\n  → write NAME: value lines",
    ),
    "text where a boolean belongs": (
        ONE + "      privileged: never\n",
        "FILE:7: topology.nodes.a.privileged: true or false is wanted, this is 'never'",
    ),
    "a quoted number": (
        TWO + '    - endpoints: ["a:e1", "b:e1"]\n      mtu: "1500"\n',
        "FILE:10: topology.links[0].mtu: a whole number is wanted, this is '1500'",
    ),
    "what is not YAML": (
        ONE + '      exec: ["a"\n',
        "FILE:8: not YAML: while parsing a flow sequence, did not find expected ',' or ']'\n"
        "  → mend the indentation, quotes or brackets at or just above this line",
    ),
    "two documents": (
        ONE + "---\nname: second\n",
        "FILE:7: not YAML: expected a single document in the stream, but found another document\n"
        "  → keep one topology in a file: containerlab reads the first document only",
    ),
    "nothing at all": ("# to do\n", "FILE: the file is empty\n  → write name: and topology: with nodes:"),
    "no name": (
        ONE.removeprefix("name: t\n"),
        "FILE: name: the lab has no name\n  → write name: NAME at the top of the file",
    ),
    "no nodes": (
        "name: t\ntopology: {defaults: {kind: linux}}\n",
        "FILE: topology.nodes: there are no nodes\n  → write topology: nodes: NAME: {kind: linux, image: …}",
    ),
    "a node without a kind": (
        ONE + "    b: {image: x}\n",
        "FILE:7: topology.nodes.b: the node has no kind\n  → write kind: linux here or under topology.defaults",
    ),
    "an empty kind": (
        ONE + "  kinds: {linux: }\n",
        "FILE:7: topology.kinds.linux: the kind is empty\n  → take it out or write its defaults",
    ),
    "a bind without a target": (
        ONE + "      binds: [/etc/hosts]\n",
        "FILE:7: topology.nodes.a.binds[0]: '/etc/hosts' names one path: that is an anonymous volume\n"
        "  → write /host/path:/path/in/node or …:ro",
    ),
    "a bind to a relative target": (
        ONE + "      binds: [a:b]\n",
        "FILE:7: topology.nodes.a.binds[0]: 'a:b' is no bind\n  → write /host/path:/path/in/node or …:ro",
    ),
    "a command with an open quote": (
        ONE + "      cmd: sh -c 'sleep\n",
        'FILE:7: topology.nodes.a.cmd: "sh -c \'sleep": a single quote is not closed\n  → quote it as for a shell',
    ),
    "a link with one end": (
        TWO + '    - endpoints: ["a:e1"]\n',
        f"FILE:9: topology.links[0].endpoints: a link has two endpoints, not 1\n{LINK_HINT}",
    ),
    "an end without an interface": (
        TWO + '    - endpoints: ["a:e1", "b"]\n',
        "FILE:9: topology.links[0].endpoints[1]: 'b' is no endpoint\n  → write node:interface",
    ),
    "an extended end without an interface": (
        TWO + "    - type: veth\n      endpoints:\n        - {node: a, interface: e1}\n        - {node: b}\n",
        f"FILE:12: topology.links[0].endpoints[1]: an endpoint needs node and interface\n{END_HINT}",
    ),
    "a MAC address that is none": (
        TWO
        + "    - type: veth\n      endpoints:\n        - {node: a, interface: e1, mac: 1}\n        - {node: b, interface: e}\n",
        "FILE:11: topology.links[0].endpoints[0].mac: '1' is no MAC address\n  → write 02:00:00:00:00:01",
    ),
    "a type of link that is none": (
        TWO + "    - type: bridge\n      endpoints: []\n",
        "FILE:9: topology.links[0].type: unknown type of link 'bridge'\n"
        "  → types here: brief, dummy, host, macvlan, mgmt-net, veth, veth-stitch, vxlan, vxlan-stitch; "
        "without one it is brief",
    ),
    "an IPv6 address under ipv4": (
        TWO + '    - endpoints: ["a:e1", "b:e1"]\n      ipv4: ["2001:db8::1/64"]\n',
        "FILE:9: topology.links[0].ipv4: '2001:db8::1/64' is no IPv4 address with a prefix length",
    ),
    "a variable that is not closed": (
        ONE + "      hostname: ${NAME:-x\n",
        "FILE:7: the variable ${NAME… is not closed on its line\n"
        "  → write ${NAME}, ${NAME:-default} or ${NAME:-$OTHER} on one line",
    ),
    "a variable inside a variable": (
        ONE + "      hostname: ${NAME:-x${OTHER}}\n",
        "FILE:7: the variable ${NAME… holds another ${…}, which containerlab does not expand\n"
        "  → write ${NAME}, ${NAME:-default} or ${NAME:-$OTHER} on one line",
    ),
    "an anchor inside itself": (
        ONE + "      config: &c\n        vars: {again: *c}\n",
        "FILE: an anchor contains itself\n  → take the alias out of its anchor",
    ),
    "a template construct beyond the subset": (
        ONE + '\n{{ define "x" }}{{ end }}\n',
        "FILE:8: template: the template construct define is not supported\n  → see Go's text/template",
    ),
    "a template variable that is not defined": (
        ONE + "      hostname: {{ .site.name }}\n",
        "FILE:7: template: .site.name is not defined: there is no NAME_vars.yml beside the file\n"
        "  → see Go's text/template",
    ),
    "an unknown key below a loop": (
        ONE + "{{ range seq 3 }}\n    n{{ . }}:\n{{ end }}\n      colour: red\n",
        f"FILE:10: topology.nodes.n3.colour: unknown key\n  → keys here: {NODE_KEYS}",
    ),
}

SENSELESS = {
    "a link to a node that does not exist": (
        TWO + '    - endpoints: ["a:eth1", "c:eth1"]\n',
        "FILE:9: topology.links[0]: there is no node 'c'\n  → nodes here: a, b",
    ),
    "an interface used twice": (
        TWO + '    - endpoints: ["a:eth1", "b:eth1"]\n    - endpoints: ["a:eth1", "b:eth2"]\n',
        "FILE:10: topology.links[1]: a:eth1 is on another link already (line 9)\n  → free on a: eth2",
    ),
    "both ends on one interface": (
        TWO + '    - endpoints: ["a:eth1", "a:eth1"]\n',
        "FILE:9: topology.links[0]: both ends are a:eth1\n  → name two interfaces",
    ),
    "an interface name that is too long": (
        TWO + '    - endpoints: ["a:GigabitEthernet1", "b:eth1"]\n',
        "FILE:9: topology.links[0]: the interface name 'GigabitEthernet1' has 16 characters\n"
        "  → use at most 15 characters, without blanks, slashes and colons",
    ),
    "an interface name with a slash": (
        TWO + '    - endpoints: ["a:ge-0/0/1", "b:eth1"]\n',
        "FILE:9: topology.links[0]: 'ge-0/0/1' is no legal name of an interface\n"
        "  → use at most 15 characters, without blanks, slashes and colons",
    ),
    "eth0 beside a management network": (
        TWO + '    - endpoints: ["a:eth0", "b:eth1"]\n',
        "FILE:9: topology.links[0]: a:eth0 is the management interface of a node without network-mode: none\n"
        "  → begin at eth1, or write network-mode: none for the node",
    ),
    "an MTU that no veth takes": (
        TWO + '    - endpoints: ["a:eth1", "b:eth1"]\n      mtu: 70000\n',
        "FILE:9: topology.links[0]: MTU 70000 is not between 68 and 65535\n  → leave mtu out for 9500",
    ),
    "a lab name with a blank": (
        ONE.replace("name: t", "name: my lab"),
        f"FILE:1: name: 'my lab' is no legal name of a lab\n{NAME_HINT}",
    ),
    "a node name with a slash": (
        ONE + "    a/b: {kind: linux, image: x}\n",
        f"FILE:7: topology.nodes.a/b: 'a/b' is no legal name of a node\n{NAME_HINT}",
    ),
    "a node without an image": (
        ONE + "    b: {kind: linux}\n",
        "FILE:7: topology.nodes.b: the node has no image\n  → write image: here or under topology.defaults",
    ),
    "several errors at once": (
        TWO + '    - endpoints: ["a:eth1", "c:eth1"]\n    - endpoints: ["d:eth1", "b:eth1"]\n',
        "FILE:9: topology.links[0]: there is no node 'c'\n"
        "  also line 10: topology.links[1]: there is no node 'd'\n  → nodes here: a, b",
    ),
}


def message(tmp_path: Path, text: str, *, linted: bool) -> str:
    file = tmp_path / "lab.clab.yml"
    file.write_text(text)
    if linted:
        topology = load(file, {})
        with pytest.raises(WrongInput) as caught:
            check(topology)
    else:
        with pytest.raises(WrongInput) as caught:
            load(file, {})
    return str(caught.value).replace(str(file), "FILE")


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_containerlab_would_not_read_is_one_message(tmp_path: Path, case: str) -> None:
    text, golden = UNREADABLE[case]
    assert message(tmp_path, text, linted=False) == golden


@pytest.mark.parametrize("case", SENSELESS)
def test_what_makes_no_sense_is_one_message(tmp_path: Path, case: str) -> None:
    text, golden = SENSELESS[case]
    assert message(tmp_path, text, linted=True) == golden


def test_a_file_that_does_not_exist_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"none\.yml: cannot be read: No such file or directory\n  → name a"):
        load(tmp_path / "none.yml", {})


def test_a_file_that_is_not_text_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "lab.yml").write_bytes(b"name: \xff")
    with pytest.raises(WrongInput, match=r"lab\.yml: is not UTF-8 text \(byte 6\)"):
        load(tmp_path / "lab.yml", {})
