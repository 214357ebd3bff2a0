"""Where a network without a plan can be measured: loopbacks, hosts and links, out of the addresses that nodes hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface

from harness.history.history import History
from harness.lab.lab import Lab
from harness.plan.model import FAMILIES, Family
from harness.probe import route
from harness.probe.frr import daemons
from harness.probe.kernel import AddressState
from harness.probe.sysctl import sysctls

MANAGEMENT = "eth0"
"""containerlab's own network reaches nodes by this interface unless a file says ``network-mode: none``."""
FORWARDING: Mapping[Family, str] = {4: "net.ipv4.ip_forward", 6: "net.ipv6.conf.all.forwarding"}


@dataclass(frozen=True, slots=True)
class Held:
    """What a running node holds: its global addresses by device, which devices are loopbacks, what it does."""

    node: str
    addresses: tuple[AddressState, ...]
    loopbacks: frozenset[str]
    forwards: frozenset[Family]
    routes: bool

    def first(self, device: str, family: Family) -> AddressState | None:
        """The first address of a family on a device."""
        return next((each for each in self.addresses if (each.device, each.family) == (device, family)), None)

    def end(self, family: Family) -> str | None:
        """The address by which the node is an end: its loopback's, else, if it is a host, its first one.

        A host runs no routing daemon and has one interface with addresses, or does not forward. A router without a
        loopback is no end: nobody needs to know the networks of its links.
        """
        own = [each for each in self.addresses if each.family == family]
        inner = [each for each in own if each.device in self.loopbacks]
        devices = {each.device for each in self.addresses}
        if not inner and (self.routes or (len(devices) > 1 and family in self.forwards)):
            return None
        return next((each.address for each in inner or own), None)


@dataclass(frozen=True, slots=True)
class LinkEnd:
    """One end of a link: the node, its interface, and its first address in each family that it has there."""

    held: Held
    port: str
    addresses: Mapping[Family, AddressState]


def held(lab: Lab, history: History) -> dict[str, Held]:
    """What every running node holds. Raises ``CannotMeasure`` if one cannot be asked."""
    return {name: _held(lab, history, name) for name, node in lab.nodes.items() if node.pid}


def _held(lab: Lab, history: History, name: str) -> Held:
    node = lab.node(name)
    ports = lab.topology.ports(name)
    found = [
        each
        for family in FAMILIES
        for each in route.addresses(history, node, family)
        if is_global(each.address) and (each.device != MANAGEMENT or MANAGEMENT in ports)
    ]
    inner = {link.device for link in route.links(None, node) if link.device == "lo" or link.kind == "dummy"}
    values = sysctls(history, node, list(FORWARDING.values()))
    forwards = frozenset(family for family in FAMILIES if values[FORWARDING[family]] == "1")
    return Held(name, tuple(found), frozenset(inner), forwards, "zebra" in daemons(node))


def is_global(address: str) -> bool:
    """Whether an address can be known beyond its link; private ones can."""
    found = ip_address(address)
    return not (found.is_loopback or found.is_link_local or found.is_multicast or found.is_unspecified)


def links(lab: Lab, nodes: Mapping[str, Held]) -> Iterator[tuple[LinkEnd, LinkEnd]]:
    """Both ends of every link between two running nodes."""
    for link in lab.topology.links:
        if link.a.node in nodes and link.b.node in nodes:
            yield _end(nodes[link.a.node], link.a.port), _end(nodes[link.b.node], link.b.port)


def _end(node: Held, port: str) -> LinkEnd:
    found = {family: node.first(port, family) for family in FAMILIES}
    return LinkEnd(node, port, {family: each for family, each in found.items() if each})


def shared(ends: Sequence[LinkEnd]) -> frozenset[Family]:
    """The families in which both ends of a link are in one network."""
    one, other = ends
    return frozenset(
        family
        for family in FAMILIES
        if family in one.addresses and family in other.addresses
        if _network(one.addresses[family]) == _network(other.addresses[family])
    )


def _network(address: AddressState) -> str:
    return str(ip_interface(f"{address.address}/{address.prefix_length}").network)
