"""A client, a router and a server in network namespaces of their own: all that the probes need, without an image."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
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
BLACKHOLE = {4: "10.9.2.1", 6: "3fff:9:2::1"}

CLIENT_COMMANDS = """
link set lo up
link set eth1 up
addr add 10.0.1.2/24 dev eth1
-6 addr add 3fff:1::2/64 dev eth1 nodad
route add default via 10.0.1.1 proto static metric 50
-6 route add default via 3fff:1::1 proto static metric 50
"""
ROUTER_COMMANDS = f"""
link set lo up
link set eth1 up
link set eth2 up mtu {ROUTER_MTU}
addr add 10.0.1.1/24 dev eth1
-6 addr add 3fff:1::1/64 dev eth1 nodad
addr add 10.0.2.1/24 dev eth2
-6 addr add 3fff:2::1/64 dev eth2 nodad
route add unreachable 10.9.1.0/24
-6 route add unreachable 3fff:9:1::/64
route add blackhole 10.9.2.0/24
-6 route add blackhole 3fff:9:2::/64
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
    if os.geteuid() != 0:
        pytest.skip("lacks CAP_SYS_ADMIN: network namespaces need root")
    for program in ("ip", "unshare"):
        if not shutil.which(program):
            pytest.skip(f"lacks the program {program}")
    holders = [subprocess.Popen(["unshare", "--net", "sleep", "infinity"]) for _ in range(3)]
    try:
        names = ("client", "router", "server")
        made = Net(*(Node(name, name, "running", holder.pid) for name, holder in zip(names, holders, strict=True)))
        _wait_for_namespaces(made)
        _wire(made)
        yield made
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()


@pytest.fixture
def history() -> History:
    return History()


def _wait_for_namespaces(net: Net) -> None:
    own = Path("/proc/self/ns/net").stat().st_ino

    def unmet() -> str | None:
        return next(
            (node.name for node in (net.client, net.router, net.server) if node.netns.stat().st_ino == own), None
        )

    assert not until([Condition("namespaces", unmet)], Deadline.after(5)).pending


def _wire(net: Net) -> None:
    ip(net.router, f"link add eth1 type veth peer name eth1 netns {net.client.pid}\n")
    ip(net.router, f"link add eth2 type veth peer name eth1 netns {net.server.pid}\n")
    with inside(net.router):
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        Path("/proc/sys/net/ipv6/conf/all/forwarding").write_text("1")
    for node in (net.client, net.router, net.server):
        with inside(node):
            Path("/proc/sys/net/ipv6/conf/all/keep_addr_on_down").write_text("1")
            # Duplicate address detection would cost the tests two seconds.
            for conf in Path("/proc/sys/net/ipv6/conf").iterdir():
                (conf / "accept_dad").write_text("0")
    for node, commands in ((net.router, ROUTER_COMMANDS), (net.client, CLIENT_COMMANDS), (net.server, SERVER_COMMANDS)):
        ip(node, commands)


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
