"""What to type: the examples at the end of each command's help. A test sees that every one is understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Example = tuple[str, str]
"""A command line without ``v6lab``, and what it is for."""

FIRST: Sequence[Example] = (
    ("up", "the pilot estate, 55 nodes, at 31-datacentre"),
    ("journeys", "what people can do on it"),
    ("drill F02", "cut the link to an ISP and measure how long traffic is out"),
    ("verify --base origin/main", "may what I changed in configs/ go into production?"),
    ("exercise start T06 --lang en", "mend a broken network, with hints and a grade"),
    ("down", "nothing is left behind"),
)
"""For who is new."""

EXAMPLES: Mapping[str, Sequence[Example]] = {
    "up": (
        ("up", "the pilot estate; once more: take over what was edited in configs/"),
        ("up --stage 21-pilot --name second", "a second lab at another stage, beside the first"),
        ("up -t my.clab.yml --image v6lab/node", "a containerlab file of one's own"),
    ),
    "down": (("down", "the lab that is up"), ("down --all", "every lab of this machine")),
    "apply": (("apply --stage 32-wan", "from where the lab is, one stage after the other"),),
    "status": (("status", ""), ("status --json", "for programs")),
    "nodes": (("nodes", ""), ("nodes --json", "for programs")),
    "exec": (("exec edge1 vtysh -c 'show bgp summary'", "what a router says"),),
    "shell": (("shell stttt-pc", "be an officer's PC"),),
    "log": (("log edge1 bgpd", "one daemon"), ("log mail", "all that a node has logged")),
    "render": (
        ("render --stage 40-ipv6-only", "write every node's files"),
        ("render --why edge1:etc/frr/frr.conf", "which files of configs/ a node's file comes from"),
    ),
    "diff": (
        ("diff 21-pilot 31-datacentre --names", "which files a stage changes"),
        ("diff 21-pilot 31-datacentre --node edge1", "what it changes on one node"),
    ),
    "draw": (
        ("draw --stage 32-wan --out wan.svg", "a picture of a stage"),
        ("draw --run pilot --out red.html", "what the newest run of lab pilot found red"),
    ),
    "journeys": (("journeys", "in IPv4, in IPv6, and as a browser does"),),
    "ipv4-off": (("ipv4-off --site stttt --seconds 60", "one agency for a minute"),),
    "verify": (
        ("verify --base origin/main", "all that was changed since a commit"),
        ("verify --candidate change", "files laid out as nodes/<node>/<path>"),
    ),
    "rehearse": (("rehearse --from 21-pilot --to 31-datacentre", "one step, there and back"),),
    "drill": (("drill --list", "what there is"), ("drill F02 --repeat 20", "median and worst of twenty")),
    "watch": (("watch", "the lab that is up"), ("watch --lang en --port 0", "in English, at a port that is free")),
    "exercise": (("exercise list", "what there is"), ("exercise start T06 --lang en", "begin")),
    "report": (
        ("report", "of the newest run, in its directory"),
        ("report pilot --lang vi --pdf", "of a lab's newest run, for print"),
        ("report --template yearly --year 2027 pilot second", "of several runs, as the plan asks for each December"),
    ),
    "plan": (("plan lint", "is it sound?"), ("plan show", "addresses, links, stages")),
    "mutants": (("mutants FLT-37", "is this mistake caught?"), ("mutants", "are all?")),
    "doctor": (("doctor", ""),),
    "completion": (("completion bash", 'eval "$(v6lab completion bash)" in ~/.bashrc'),),
}
"""Command → its examples."""


def text(examples: Sequence[Example], title: str = "Examples") -> str:
    """As click prints it unwrapped."""
    width = max(len(line) for line, _ in examples)
    lines = (f"  v6lab {line:<{width}}  {what}".rstrip() for line, what in examples)
    return "\n".join(("\b", f"{title}:", *lines))
