"""Hosts without IPv4: the kernel has no way for it and nothing of it passes their interfaces, while leases stay."""

from __future__ import annotations

from dataclasses import dataclass

from harness.lab.lab import Lab
from harness.node import Node
from harness.probe.program import run

TABLE = "v6lab-without-ipv4"
PRIORITY = 1
"""Of the policy rule: after the local table, before every other."""


@dataclass(frozen=True, slots=True)
class WithoutIpv4:
    """No IPv4 at some hosts: programs are told at once that it is unreachable, as on a host without an address.

    The address itself stays: what the DHCP client holds must not be asked for again afterwards, so that the host is
    the very same when IPv4 comes back. ``port`` is the hosts' interface.
    """

    hosts: tuple[str, ...]
    port: str = "eth1"

    def apply(self, lab: Lab) -> None:
        """Take it away."""
        for node in map(lab.node, self.hosts):
            self._clear(node)
            run(node, ("ip", "-4", "rule", "add", "priority", str(PRIORITY), "unreachable"))
            run(node, ("nft", "-f", "-"), self.table)

    def lift(self, lab: Lab) -> None:
        """Give it back."""
        for node in map(lab.node, self.hosts):
            self._clear(node)

    def standing(self, lab: Lab) -> tuple[str, ...]:
        """The hosts that it has been taken from already."""
        return tuple(host for host in self.hosts if any(map(_is_ours, policy(lab.node(host)))))

    @property
    def table(self) -> str:
        """What drops IPv4 and the protocol that finds its neighbours as they arrive."""
        hook = f'type filter hook ingress device "{self.port}" priority -500; policy accept;'
        return f"table netdev {TABLE} {{\nchain in {{\n{hook}\nmeta protocol {{ ip, arp }} counter drop\n}}\n}}\n"

    def _clear(self, node: Node) -> None:
        run(node, ("nft", "-f", "-"), f"add table netdev {TABLE}\ndelete table netdev {TABLE}\n")
        for line in policy(node):
            if _is_ours(line):
                run(node, ("ip", "-4", "rule", "del", "priority", str(PRIORITY)))

    def __str__(self) -> str:
        return f"no IPv4 at {', '.join(self.hosts)}"


def policy(node: Node) -> tuple[str, ...]:
    """The policy rules of a node's IPv4, one a line."""
    return tuple(" ".join(line.split()) for line in run(node, ("ip", "-4", "rule")).splitlines())


def _is_ours(line: str) -> bool:
    return line.startswith(f"{PRIORITY}:")
