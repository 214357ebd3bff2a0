"""Wrong input: one message each that says where, what and what to do; nothing is left."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.lab.conftest import PROGRAM, ROOT
from tests.lab.refusing import NODES, edit, leaves_nothing, refuses

PILOT, PLAN = "topologies/pilot.clab.yml", "configs/plan.yml"
BASELINE = "configs/stages/00-baseline"
FIREWALL = f"{BASELINE}/roles/firewall/etc/nftables.conf.j2"
PAIR = NODES + "    b: {kind: linux, image: v6lab/node:trixie, network-mode: none}\n"
LONG = "n" * 64


TOPOLOGIES = {
    "an unknown key": (NODES.replace("kind:", "kindd:"), ["lone.clab.yml:4", "kindd"]),
    "a link to a node that does not exist": (
        NODES + "  links:\n    - endpoints: [a:eth1, nobody:eth1]\n",
        ["lone.clab.yml:6", "topology.links", "no node 'nobody'", "nodes here: a"],
    ),
    "two links on one interface": (
        PAIR + "  links:\n    - endpoints: [a:eth1, b:eth1]\n    - endpoints: [a:eth1, b:eth2]\n",
        ["lone.clab.yml:8", "a:eth1 is on another link", "eth2"],
    ),
    "a link to itself": (NODES + "  links:\n    - endpoints: [a:eth1, a:eth1]\n", ["lone.clab.yml:6", "both ends"]),
    "a link with one end": (NODES + "  links:\n    - endpoints: [a:eth1]\n", ["lone.clab.yml:6"]),
    "a node twice": (NODES + "    a: {kind: linux}\n", ["lone.clab.yml:5", "a"]),
    "a node without an image": (NODES.replace(", image: v6lab/node:trixie", ""), ["lone.clab.yml:4", "no image"]),
    "a node without a kind": (NODES.replace("kind: linux, ", ""), ["lone.clab.yml:4", "no kind"]),
    "a kind that is none": (NODES.replace("linux", "linx"), ["lone.clab.yml:4", "linx"]),
    "an image that is missing": (
        NODES.replace("v6lab/node:trixie", "nosuch/image:1"),
        ["lone.clab.yml:4", "topology.nodes.a.image", "nosuch/image:1", "--image"],
    ),
    "a bind of a path that does not exist": (
        NODES.replace("kind", "binds: [nowhere:/x], kind"),
        ["lone.clab.yml:4", "topology.nodes.a.binds", "nowhere"],
    ),
    "a sysctl that is none": (NODES.replace("kind", "sysctls: {net.ipv6.nosuch: 1}, kind"), ["net.ipv6.nosuch"]),
    "a capability that is none": (NODES.replace("kind", "cap-add: [NET_ADMINN], kind"), ["NET_ADMINN"]),
    "a name with a space": (NODES.replace(" a:", ' "a b":'), ["lone.clab.yml:4", "'a b'"]),
    "a lab's name with a slash": (NODES.replace("lone", "lo/ne"), ["lone.clab.yml:1", "'lo/ne'"]),
    "no name": (NODES.replace("name: lone\n", ""), ["lone.clab.yml", "no name"]),
    "no nodes": ("name: lone\ntopology:\n  nodes:\n", ["lone.clab.yml:3", "topology.nodes", "no nodes"]),
    "no topology": ("name: lone\n", ["lone.clab.yml", "no nodes"]),
    "a list for a mapping": ("- name: lone\n", ["lone.clab.yml:1"]),
    "plain words": ("hello, lab\n", ["lone.clab.yml:1"]),
    "an empty file": ("", ["lone.clab.yml", "empty"]),
    "a tab": ("name: lone\ntopology:\n\tnodes: {}\n", ["lone.clab.yml:3", "not YAML"]),
    "a quote that is not closed": ("name: 'lone\n", ["lone.clab.yml", "not YAML"]),
    "two documents": (NODES + "---\nname: other\n", ["lone.clab.yml"]),
    "bytes that are no text": (b"name: \xff\xfe\n", ["lone.clab.yml", "UTF-8"]),
    "a zero byte": (b"name: a\0b\n", ["lone.clab.yml"]),
    "an alias without an anchor": ("name: *nosuch\n", ["lone.clab.yml:1", "alias"]),
    "a template with an undefined name": ("name: {{ .nosuch }}\n" + NODES[11:], ["lone.clab.yml"]),
    "a template that is not closed": ("name: {{ if }}\n" + NODES[11:], ["lone.clab.yml:1"]),
    "a variable that must be set": (
        "name: ${NOSUCH_VARIABLE:?}\n" + NODES[11:],
        ["lone.clab.yml:1", "NOSUCH_VARIABLE"],
    ),
}


@pytest.mark.parametrize("case", TOPOLOGIES)
def test_a_topology_that_cannot_be_brought_up_is_refused(bad, case):
    text, words = TOPOLOGIES[case]
    file = bad.root / "lone.clab.yml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    refuses(bad.up("-t", file.name), *words)
    leaves_nothing(bad)


EDITS = {
    "an unknown key in the pilot's topology": (PILOT, "    server: {}", "    server: {colour: red}", ["colour"]),
    "a link of the pilot to a node that does not exist": (PILOT, '["vnix:vnpt",', '["nobody:x",', ["nobody"]),
    "a node without a place in the plan": (PILOT, "  nodes:\n", "  nodes:\n    nobody: {group: server}\n", ["nobody"]),
    "two nodes with one address": (PLAN, "ns1: 11, ns2: 12", "ns1: 11, ns2: 11", ["ns1", "ns2"]),
    "a plan with an overlap": (PLAN, "vpubnd:   {block: province, index: 11", "vpubnd:   {block: province, index: 10", []),
    "an unknown key in the plan": (PLAN, "\ndomain:", "\ncolour: red\ndomain:", ["colour"]),
    "a plan with a tab": (PLAN, "\ndomain:", "\n\tdomain:", ["not YAML"]),
    "a prefix with host bits": (PLAN, "4: 10.0.0.0/12", "4: 10.0.0.1/12", ["10.0.0.1/12"]),
    "a site in a block that does not exist": (PLAN, "{block: province, index: 11", "{block: provnce, index: 11", ["provnce"]),
    "an index that is no number": (PLAN, "index: 11,", "index: elf,", ["elf"]),
    "a template with an undefined name": (FIREWALL, "", "{{ nosuch }}\n", ["nosuch"]),
    "a template with an undefined attribute": (FIREWALL, "", "{{ node.nosuch.more }}\n", ["nosuch"]),
    "a template that is not closed": (FIREWALL, "", "{% if node %}\n", []),
    "a template with an unknown filter": (FIREWALL, "", "{{ node | nosuch }}\n", ["nosuch"]),
    "a template that imports what is not there": (FIREWALL, "", "{% import 'nosuch.j2' as x %}\n", ["nosuch.j2"]),
    "a template that divides by zero": (FIREWALL, "", "{{ 1 // 0 }}\n", []),
}  # fmt: skip


@pytest.mark.parametrize("command", ["up", "render"])
@pytest.mark.parametrize("case", EDITS)
def test_an_edit_that_makes_no_sense_is_refused(bad, case, command):
    file, old, new, words = EDITS[case]
    edit(bad, file, old, new)
    said = bad.up() if command == "up" else bad.v6lab("render", "--out", "trees")
    refuses(said, *words)
    name = "plan.yml" if "place in the plan" in case else Path(file).name
    assert re.search(rf"{re.escape(name)}:\d+: ", said.stderr), said.stderr
    leaves_nothing(bad)
    assert not (bad.root / "trees").exists()


@pytest.mark.parametrize("case", [case for case in EDITS if EDITS[case][0] == PLAN])
def test_the_plans_lint_finds_it_with_its_line(bad, case):
    file, old, new, words = EDITS[case]
    edit(bad, file, old, new)
    said = bad.v6lab("plan", "lint")
    told = said.stdout + said.stderr
    assert (said.returncode, "Traceback" in told) == (2, False), told
    assert re.search(r"plan\.yml:\d+: .*\n  → ", told), told
    assert [word for word in words if word not in told] == []


COMMANDS = {
    "up with a word too many": ("up nonsense", ["nonsense"]),
    "a command that is none": ("upp", ["upp", "commands: up, down"]),
    "an option that is none": ("up --stag x", ["--stag"]),
    "up at an unknown stage": ("up --name LAB --stage nosuch", ["--stage", "'nosuch'", "31-datacentre"]),
    "up on an unknown engine": ("up --name LAB --engine nosuch", ["--engine", "'nosuch'", "embedded"]),
    "up with an unknown image": ("up --name LAB --image nosuch", ["pilot.clab.yml:", "nosuch"]),
    "up of a file that is not there": ("up -t nosuch.yml", ["nosuch.yml", "No such file"]),
    "up of a directory": ("up -t topologies", ["--topology", "'topologies' is a directory"]),
    "up with a stage of somebody's file": ("up -t lone.clab.yml --stage 00-baseline", ["--stage"]),
    "up with a name with a slash": ("up --name LAB/x", ["LAB/x"]),
    "up with a name that leads elsewhere": ("up --name ../LAB", ["../LAB"]),
    "up with a name with a space": ("up --name 'LAB x'", ["'LAB x'"]),
    "up with an empty name": ("up --name ''", ["''"]),
    "up with a name that is too long": (f"up --name {LONG}", [LONG, "63"]),
    "up that waits no time": ("up --name LAB --wait 0", ["--wait"]),
    "up that waits less than none": ("up --name LAB --wait -5", ["--wait"]),
    "up that waits for a word": ("up --name LAB --wait abc", ["--wait", "'abc'"]),
    "up that waits for no number": ("up --name LAB --wait nan", ["--wait", "'nan'"]),
    "render of an unknown stage": ("render --stage nosuch", ["--stage", "'nosuch'", "31-datacentre"]),
    "render over other files": ("render --out topologies", ["topologies", "an empty or a new directory"]),
    "render over a file": ("render --out configs/plan.yml", ["--out", "plan.yml"]),
    "render below a file": ("render --out configs/plan.yml/x", ["plan.yml/x", "Not a directory"]),
    "render of an unknown node": ("render --why nosuch:etc/hosts", ["--why", "'nosuch'", "edge1"]),
    "render of an unknown file": ("render --why edge1:etc/nosuch", ["--why", "etc/nosuch", "etc/hosts"]),
    "diff of an unknown stage": ("diff 00-baseline nosuch", ["'nosuch'", "31-datacentre"]),
    "diff of one stage": ("diff 00-baseline", ["'NEW'"]),
    "diff of an unknown node": ("diff 00-baseline 31-datacentre --node nosuch", ["--node", "'nosuch'", "edge1"]),
    "plan with an unknown command": ("plan nosuch", ["'nosuch'", "lint"]),
    "status of an unknown lab": ("status --lab nosuch", ["--lab", "'nosuch'"]),
    "status of a lab elsewhere": ("status --lab ../../etc", ["../../etc"]),
    "nodes of an unknown lab": ("nodes --lab nosuch", ["--lab", "'nosuch'"]),
    "exec in an unknown lab": ("exec --lab nosuch edge1 true", ["--lab", "'nosuch'"]),
    "exec of nothing": ("exec --lab nosuch edge1", ["ARGV"]),
    "exec for no time": ("exec --timeout 0 edge1 true", ["--timeout"]),
    "log of an unknown lab": ("log --lab nosuch edge1", ["--lab", "'nosuch'"]),
    "log of less than no lines": ("log -n -3 edge1", ["--lines"]),
    "shell in an unknown lab": ("shell --lab nosuch edge1", ["--lab", "'nosuch'"]),
    "down on an unknown engine": ("down LAB --engine nosuch", ["--engine", "'nosuch'"]),
    "down of an empty name": ("down ''", ["''"]),
    "down of something else": ("down ../LAB", ["../LAB"]),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_a_command_that_asks_for_what_is_not_there_is_refused(bad, case):
    line, words = COMMANDS[case]
    refuses(bad.v6lab(*shlex.split(line.replace("LAB", bad.lab))), *(word.replace("LAB", bad.lab) for word in words))
    leaves_nothing(bad)


def test_to_take_down_what_is_not_up_is_no_error(bad):
    said = bad.v6lab("down", bad.lab)
    assert (said.returncode, said.stdout, said.stderr) == (0, f"down: nothing was up ({bad.lab})\n", "")


@pytest.mark.parametrize("option", ["--check", "--stage", "--lab", "--engine"])
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_checks_of_what_is_not_there_are_refused_before_anything_is_done(bad, option, workers):
    argv = [PROGRAM.with_name("pytest"), "-q", ROOT / "tests/checks", "-p", "no:cacheprovider", *workers]
    said = subprocess.run([*argv, option, "NOSUCH"], cwd=bad.root, capture_output=True, text=True, check=False)
    refuses(said, option, "'NOSUCH'")
    leaves_nothing(bad)


@pytest.mark.parametrize("place", ["lone.clab.yml/below", "/proc"])
def test_a_state_directory_that_cannot_be_one_is_refused(bad, place):
    (bad.root / "lone.clab.yml").write_text(NODES)
    env = {"V6LAB_STATE": str(bad.root / place)}
    refuses(bad.v6lab("up", "--name", bad.lab, "-t", "lone.clab.yml", env=env), place)
    leaves_nothing(bad)


def test_a_directory_that_is_no_labs_is_never_removed(bad):
    refuses(bad.v6lab("down", "topologies", env={"V6LAB_STATE": str(bad.root)}), "topologies", "not the directory")
    assert (bad.root / PILOT).is_file()
    assert bad.v6lab("down", "--all", env={"V6LAB_STATE": str(bad.root)}).returncode == 0
    assert (bad.root / PILOT).is_file()


def test_a_current_directory_that_is_gone_is_told(bad):
    line = f"mkdir gone && cd gone && rmdir ../gone && exec {shlex.quote(str(PROGRAM))} up --name {bad.lab}"
    said = subprocess.run(["sh", "-c", line], cwd=bad.root, capture_output=True, text=True, check=False)
    refuses(said, "current directory")


def test_an_output_without_room_is_told(bad):
    with Path("/dev/full").open("w") as full:
        said = subprocess.run(
            [PROGRAM, "plan", "show"], cwd=bad.root, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (said.returncode, said.stderr.splitlines()[0]) == (2, "v6lab: the output: No space left on device")
