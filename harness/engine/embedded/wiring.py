"""Network namespaces and the veths between them. Whoever calls this is in a mount and network namespace of the lab."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from harness.engine.embedded.blueprint import LinkPart, NodePart
from harness.engine.embedded.inside import Inside
from harness.engine.embedded.netlink import Wire
from harness.engine.embedded.syscalls import CLONE_NEWNET, MS_BIND, mount, setns, unmount, unshare
from harness.errors import LabFailed, WrongInput

OWN = Path("/proc/self/ns/net")


@contextmanager
def elsewhere(netns: Path | None = None) -> Iterator[None]:
    """Be in another network namespace for a while: the one bound at ``netns``, or wherever the body goes."""
    home = os.open(OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if netns is not None:
            _enter(netns)
        yield
    finally:
        setns(home, CLONE_NEWNET)
        os.close(home)


def _enter(netns: Path) -> None:
    fd = os.open(netns, os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(fd, CLONE_NEWNET)
    finally:
        os.close(fd)


def make_namespace(part: NodePart, bound: Path) -> Wire:
    """Go into a new namespace for a node, bind it at ``bound``, set its sysctls and lo; gives a socket in it.

    The sysctls come first: an interface takes the ``default`` values of the moment in which it is made.
    """
    unshare(CLONE_NEWNET)
    bound.touch()
    mount(str(OWN), bound, flags=MS_BIND)
    for name, value in part["sysctls"].items():
        _set_sysctl(part["name"], name, value)
    wire = Wire()
    wire.set_up("lo")
    return wire


def _set_sysctl(node: str, name: str, value: str) -> None:
    try:
        Path("/proc/sys", name.replace(".", "/")).write_text(value)
    except OSError as error:
        raise WrongInput(
            f"the kernel does not take the value {value!r} here: {error.strerror}",
            key=f"topology.nodes.{node}.sysctls.{name}",
            hint="take it out, or correct its name and value (v6lab doctor says what this kernel has)",
        ) from None


def build(inside: Inside) -> None:
    """Make every node's namespace and every link, all interfaces up."""
    with ExitStack() as open_things, elsewhere():
        wires: dict[str, Wire] = {}
        spaces: dict[str, int] = {}
        for name, part in inside.parts.items():
            wires[name] = open_things.enter_context(make_namespace(part, inside.netns(name)))
            spaces[name] = os.open(OWN, os.O_RDONLY | os.O_CLOEXEC)
            open_things.callback(os.close, spaces[name])
        for link in inside.links:
            _connect(link, wires, spaces)


def _connect(link: LinkPart, wires: dict[str, Wire], spaces: dict[str, int]) -> None:
    a, b = link["ends"]
    here, there = wires[a["node"]], wires[b["node"]]
    try:
        here.make_veth((a["port"], a["mac"]), (b["port"], b["mac"]), link["mtu"], spaces[b["node"]])
        here.checksum_in_software(a["port"])
        there.checksum_in_software(b["port"])
        there.set_up(b["port"])
    except OSError as error:
        ends = f"{a['node']}:{a['port']} and {b['node']}:{b['port']}"
        raise LabFailed(f"the link between {ends} cannot be made: {error.strerror}") from None


def renew(inside: Inside, node: str) -> None:
    """Give a node a fresh namespace: its ports go down together and move there; the old one goes with its last process.

    Ports that the node has lost are not brought back.
    """
    part, bound = inside.part(node), inside.netns(node)
    fresh = Path(f"{bound}~")  # no node is called like this
    with elsewhere():
        make_namespace(part, fresh).close()
        target = os.open(OWN, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(bound)
            with Wire() as wire:
                for port in part["ports"]:
                    with suppress(OSError):
                        wire.join(port)
                with suppress(OSError):  # none has joined
                    wire.set_down_together()
                for port in part["ports"]:
                    with suppress(OSError):
                        wire.move(port, target)
        finally:
            os.close(target)
    unmount(bound)
    mount(str(fresh), bound, flags=MS_BIND)
    unmount(fresh)
    fresh.unlink()


def set_up_ports(inside: Inside, node: str) -> None:
    """Set the ports of a node up that it has."""
    with elsewhere(inside.netns(node)), Wire() as wire:
        for port in inside.part(node)["ports"]:
            with suppress(OSError):
                wire.checksum_in_software(port)
                wire.set_up(port)
