"""The support bundle of a red check: what the nodes concerned, and the routers between them, held when it failed.

It is kept in the directory of the run.
Cheap on purpose: nodes are read side by side, each once a minute (later failures link to what was kept), and a run
spends no more than ``BUDGET_SECONDS`` on all of them. Packets are captured for a moment after the failure on the links
between the nodes concerned; what the probes saw before is in ``events.jsonl``.
"""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.history.event import to_line
from harness.history.history import History
from harness.history.run import RunDirectory
from harness.lab.lab import Lab
from harness.node import Node
from harness.probe import route
from harness.probe.capture import Capture, Packet
from harness.probe.frr import daemons, frr
from harness.probe.program import run as run_program
from harness.probe.snapshot import address_line, route_line
from harness.wait import Condition, Deadline, until

BUDGET_SECONDS = 4.0
AGAIN_SECONDS = 60.0
READ = ".read-by-"
"""Beside the bundles, for each run: node → where it was last read."""
MOST_NODES, MOST_EVENTS, LOG_LINES = 32, 2000, 40
CAPTURE_SECONDS, MOST_INTERFACES = 0.3, 12
WORKERS = 4
LOGS = ("var/log/v6lab", "var/log/frr", "var/log")
COMMANDS = {
    "zebra": ("show ip route", "show ipv6 route"),
    "bgpd": ("show bgp summary", "show bgp ipv4 unicast", "show bgp ipv6 unicast"),
    "ospfd": ("show ip ospf neighbor",),
    "ospf6d": ("show ipv6 ospf6 neighbor",),
    "bfdd": ("show bfd peers",),
}
PCAP_HEADER = struct.Struct("<IHHiIII").pack(0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
PCAP_RECORD = struct.Struct("<IIII")
"""The classic pcap format: magic, version, link type 1 (Ethernet); per packet seconds, microseconds, two lengths."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What went red: the test's node id, when it began (CLOCK_MONOTONIC), what was found, and the evidence."""

    test: str
    began: float
    findings: Sequence[str]
    evidence: Sequence[str] = ()


class Bundles:
    """The bundles that one process of a ``run`` keeps. What another one has just read of a node it does not read again."""

    def __init__(self, run: str, budget: float = BUDGET_SECONDS) -> None:
        self._run, self._left = run, budget

    def keep(self, lab: Lab, history: History, failure: Failure) -> Path:
        """Keep a bundle; its directory is returned. What cannot be read is said in the place of the answer."""
        directory = RunDirectory(Path(lab.record.run)).bundles / folder(failure.test)
        directory.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        events = history.events(since=failure.began)
        names = concerned(failure, {event.reference: event.node for event in events}, lab.nodes)
        names = list(dict.fromkeys((*names, *routers(lab))))[:MOST_NODES]  # a finding names hosts, the cause is between
        read = directory.parent / f"{READ}{self._run}"
        read.mkdir(exist_ok=True)
        fresh = [name for name in names if self._left > 0 and claimed(read / name, directory / name)]
        link(read, directory, set(names) - set(fresh))
        if fresh:
            self._read(lab, history, directory, fresh)
        _write(directory / "events.jsonl", "\n".join(to_line(event) for event in events[-MOST_EVENTS:]))
        _write(directory / "README.txt", readme(failure, names, fresh, directory))
        self._left -= time.monotonic() - started
        return directory

    def _read(self, lab: Lab, history: History, directory: Path, names: Sequence[str]) -> None:
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="bundle") as pool:
            list(pool.map(lambda name: _keep_node(lab.node(name), directory / name), names))
        _keep_packets(lab, history, directory, names)


def claimed(claim: Path, place: Path) -> bool:
    """Whether this process is the one to read a node into ``place``: not if one of the run has for a failure less than
    a minute ago. ``claim`` is a link to where it is, which only one of several processes can make."""
    try:
        if time.time() - claim.lstat().st_mtime < AGAIN_SECONDS:
            return False
        claim.unlink()
    except FileNotFoundError:  # nobody has yet, or another process has just found the same
        pass
    place.mkdir(exist_ok=True)
    try:
        claim.symlink_to(Path("..") / place.parent.name / place.name)
    except FileExistsError:
        return False
    return True


def link(read: Path, directory: Path, names: Iterable[str]) -> None:
    """Let a bundle show what was read of nodes for an earlier one."""
    for name in names:
        if (read / name).is_symlink() and not (directory / name).exists():
            (directory / name).symlink_to((read / name).readlink())


def folder(test: str) -> str:
    """A test's node id as the name of a directory."""
    return re.sub(r"[^\w.,=-]+", "-", test.rpartition("/")[2]).strip("-")[:120]


def concerned(failure: Failure, nodes_of: dict[str, str], nodes: Collection[str]) -> list[str]:
    """The nodes that the findings name, then those that the evidence is from; none if neither says."""
    words = [word for finding in failure.findings for word in re.findall(r"[\w-]+", finding)]
    named = words + [nodes_of.get(reference, "") for reference in failure.evidence]
    return list(dict.fromkeys(name for name in named if name in nodes))


def routers(lab: Lab) -> list[str]:
    """Every node that runs FRR."""
    return [node.name for node in lab.nodes.values() if node.pid and daemons(node)]


def readme(failure: Failure, names: Sequence[str], fresh: Sequence[str], directory: Path) -> str:
    """What is here and what is not."""
    kept = [name for name in names if name not in fresh and (directory / name).exists()]
    missing = [name for name in names if name not in fresh and name not in kept]
    lines = [failure.test, "", *failure.findings, ""]
    lines.append(f"Read after the failure: {', '.join(fresh) or 'nothing'}")
    if kept:
        lines.append(f"Read for an earlier failure less than a minute before, linked: {', '.join(kept)}")
    if missing:
        lines.append(f"Not read, the run's time for bundles was used up: {', '.join(missing)}")
    lines.append(
        f"*.pcap: {CAPTURE_SECONDS} s after the failure, on links between the nodes read; no capture ran before."
    )
    lines.append("events.jsonl: what probes saw and the lab did from the beginning of the test.")
    return "\n".join(lines)


def _keep_node(node: Node, directory: Path) -> None:
    directory.mkdir(exist_ok=True)
    for name, reads in _subjects(node).items():
        _write(directory / f"{name}.txt", "\n".join(_said(title, read) for title, read in reads))


def _subjects(node: Node) -> dict[str, list[tuple[str, Callable[[], str]]]]:
    tables: dict[str, tuple[Callable[..., Sequence[Any]], Callable[[Any], str]]] = {
        "addresses": (route.addresses, address_line),
        "routes": (route.routes, route_line),
        "neighbours": (route.neighbours, _fields),
    }
    found: dict[str, list[tuple[str, Callable[[], str]]]] = {
        "links": [("", lambda: "\n".join(map(_fields, route.links(None, node))))]
    }
    for name, (read, line) in tables.items():
        found[name] = [
            (f"IPv{family}", lambda read=read, line=line, family=family: "\n".join(map(line, read(None, node, family))))  # type: ignore[misc]
            for family in (4, 6)
        ]
    found["rules"] = [("", lambda: run_program(node, ("nft", "list", "ruleset"), timeout=3.0))]
    found["logs"] = [("", lambda: _logs(node))]
    try:
        listening = daemons(node)
    except HarnessError:
        listening = ()
    for daemon in listening:
        if daemon in COMMANDS:
            found[daemon] = [
                (command, lambda daemon=daemon, command=command: str(frr(None, node, daemon, command, 2.0)))  # type: ignore[misc]
                for command in COMMANDS[daemon]
            ]
    return found


def _said(title: str, read: Callable[[], str]) -> str:
    try:
        answer = read()
    except (HarnessError, OSError) as error:
        answer = f"could not be read: {error}"
    return f"# {title}\n{answer}" if title else answer


def _fields(state: Any) -> str:
    return " ".join(f"{key}={value}" for key, value in asdict(state).items())


def _logs(node: Node) -> str:
    files = {path for each in LOGS for path in (node.root / each).rglob("*") if path.is_file() and path.stat().st_size}
    return "\n".join(
        f"==> {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-LOG_LINES:])
        for path in sorted(files)
    )


def _keep_packets(lab: Lab, history: History, directory: Path, names: Sequence[str]) -> None:
    places = [
        (link.a.node, link.a.port) for link in lab.topology.links if link.a.node in names and link.b.node in names
    ][:MOST_INTERFACES]
    if not places:
        return
    try:
        with Capture(history, [(lab.node(node), port) for node, port in places], lossy=True) as capture:
            until([Condition("capture", lambda: "not over")], Deadline.after(CAPTURE_SECONDS), workers=1)
    except HarnessError as error:
        _write(directory / "packets.txt", f"could not be captured: {error}")
        return
    for node, port in places:
        packets = [each for each in capture.packets() if (each.node, each.device) == (node, port)]
        (directory / node / f"{port}.pcap").write_bytes(pcap(packets))


def pcap(packets: Iterable[Packet]) -> bytes:
    """Packets as a file that every analyser reads."""
    offset = time.time() - time.monotonic()
    found = bytearray(PCAP_HEADER)
    for packet in packets:
        seconds, fraction = divmod(packet.at + offset, 1)
        found += PCAP_RECORD.pack(int(seconds), int(fraction * 1e6), len(packet.data), len(packet.data)) + packet.data
    return bytes(found)


def _write(file: Path, text: str) -> None:
    file.write_text(text.rstrip() + "\n", encoding="utf-8")
