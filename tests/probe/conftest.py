"""A client, a router and a server in network namespaces of their own: all that the probes need, without an image."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.history.history import History
from harness.node import Node
from harness.probe.namespace import inside
from harness.wait import Condition, Deadline, until

ROUTER_MTU = 1400
CLIENT = {4: "10.0.1.2", 6: "3fff:1::2"}
ROUTER = {4: "10.0.1.1", 6: "3fff:1::1"}
SERVER = {4: "10.0.2.2", 6: "3fff:2::2"}
SECOND_SERVER = {4: "10.0.2.3", 6: "3fff:2::3"}
UNREACHABLE = {4: "10.9.1.1", 6: "3fff:9:1::1"}
NOBODY = {4: "10.0.2.99", 6: "3fff:2::99"}
BLACKHOLE = {4: "10.9.2.1", 6: "3fff:9:2::1"}

CLIENT_COMMANDS = """
link set lo up
link set eth1 up
addr add 10.0.1.2/24 dev eth1
-6 addr add 3fff:1::2/64 dev eth1 nodad
route add default via 10.0.1.1 proto static metric 50
-6 route add default via 3fff:1::1 proto static metric 50
"""
ROUTER_COMMANDS = """
link set lo up
link set eth1 up
addr add 10.0.1.1/24 dev eth1
-6 addr add 3fff:1::1/64 dev eth1 nodad
route add unreachable 10.9.1.0/24
-6 route add unreachable 3fff:9:1::/64
route add blackhole 10.9.2.0/24
-6 route add blackhole 3fff:9:2::/64
"""
ROUTER_SIDE_COMMANDS = f"""
link set eth2 up mtu {ROUTER_MTU}
addr add 10.0.2.1/24 dev eth2
-6 addr add 3fff:2::1/64 dev eth2 nodad
"""
SERVER_COMMANDS = f"""
link set lo up
link set eth1 up mtu {ROUTER_MTU}
addr add 10.0.2.2/24 dev eth1
addr add 10.0.2.3/24 dev eth1
-6 addr add 3fff:2::2/64 dev eth1 nodad
-6 addr add 3fff:2::3/64 dev eth1 nodad
route add default via 10.0.2.1
-6 route add default via 3fff:2::1
"""


@dataclass(frozen=True)
class Net:
    """client eth1 — eth1 router eth2 — eth1 server."""

    client: Node
    router: Node
    server: Node


@pytest.fixture(scope="session")
def net() -> Iterator[Net]:
    with network() as made:
        yield made


@contextmanager
def network() -> Iterator[Net]:
    """Three namespaces, wired; skips where this machine cannot."""
    if os.geteuid() != 0:
        pytest.skip("lacks CAP_SYS_ADMIN: network namespaces need root")
    for program in ("ip", "unshare"):
        if not shutil.which(program):
            pytest.skip(f"lacks the program {program}")
    holders = [subprocess.Popen(["unshare", "--net", "sleep", "infinity"]) for _ in range(3)]
    try:
        names = ("client", "router", "server")
        made = Net(*(Node(name, name, "running", holder.pid) for name, holder in zip(names, holders, strict=True)))
        for node in (made.client, made.router, made.server):
            wait_for_namespace(node)
        _wire(made)
        yield made
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()


@pytest.fixture
def history() -> History:
    return History()


def wait_for_namespace(node: Node) -> None:
    """Until a process that has just been started is in a namespace of its own."""
    own = Path("/proc/self/ns/net").stat().st_ino

    def unmet() -> str | None:
        return "not yet" if node.netns.stat().st_ino == own else None

    assert not until([Condition(node.name, unmet)], Deadline.after(5)).pending


def _wire(net: Net) -> None:
    ip(net.router, f"link add eth1 type veth peer name eth1 netns {net.client.pid}\n")
    ip(net.router, f"link add eth2 type veth peer name eth1 netns {net.server.pid}\n")
    with inside(net.router):
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        Path("/proc/sys/net/ipv6/conf/all/forwarding").write_text("1")
        # Errors about hop limits are not to be limited; a rate of 0 for all would starve the others (ip_error).
        Path("/proc/sys/net/ipv4/icmp_ratemask").write_text("8")
        Path("/proc/sys/net/ipv6/icmp/ratemask").write_text("1")
    router = ROUTER_COMMANDS.rstrip() + ROUTER_SIDE_COMMANDS
    for node, commands in ((net.router, router), (net.client, CLIENT_COMMANDS), (net.server, SERVER_COMMANDS)):
        without_dad(node)
        ip(node, commands)


def without_dad(node: Node) -> None:
    """Duplicate address detection would cost the tests two seconds."""
    with inside(node):
        for conf in Path("/proc/sys/net/ipv6/conf").iterdir():
            (conf / "accept_dad").write_text("0")


def ip(node: Node, commands: str) -> None:
    """Run batches of ``ip`` commands inside a node; lines that begin with ``-6`` go into one of their own."""
    lines = commands.strip().splitlines()
    for options, batch in (
        ([], [line for line in lines if not line.startswith("-6")]),
        (["-6"], [line.removeprefix("-6 ") for line in lines if line.startswith("-6")]),
    ):
        _batch(node, ["ip", *options, "-batch", "-"], "\n".join(batch))


def _batch(node: Node, argv: list[str], commands: str) -> None:
    with inside(node):
        done = subprocess.run(argv, input=commands + "\n", capture_output=True, text=True, check=False)
    if done.returncode:
        raise HarnessError(f"{done.stderr}\n{commands}")
