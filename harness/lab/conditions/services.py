"""Every service of the plan listens on its node, in each family that the node has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.lab.lab import Lab
from harness.plan import derive
from harness.plan.model import Plan, Service
from harness.wait import Condition

LISTEN = "0A"
"""TCP_LISTEN in /proc/net/tcp (include/net/tcp_states.h)."""


def conditions(lab: Lab, plan: Plan) -> Iterator[Condition]:
    """One a service and node."""
    for service in plan.services:
        if service.node in lab.nodes:
            yield Condition(
                f"service {service.name} {service.node}",
                lambda service=service: _deaf(lab, plan, service),  # type: ignore[misc]
            )


def _deaf(lab: Lab, plan: Plan, service: Service) -> str | None:
    node = lab.node(service.node)
    host = next(port for port in derive.ports(plan, node.name, lab.stage) if port.kind == "host")
    for family in host.families:
        open_tcp = listening(Path(f"/proc/{node.pid}/net/tcp{'6' if family == 6 else ''}"), LISTEN)
        open_udp = listening(Path(f"/proc/{node.pid}/net/udp{'6' if family == 6 else ''}"), None)
        for protocol, wanted, found in (("tcp", service.tcp, open_tcp), ("udp", service.udp, open_udp)):
            if missing := set(wanted) - found:
                return f"nothing listens on IPv{family} {protocol} {', '.join(map(str, sorted(missing)))}"
    return None


def listening(table: Path, state: str | None) -> set[int]:
    """The local ports in a table of /proc/PID/net, of sockets in a state (any, for UDP)."""
    found: set[int] = set()
    for line in table.read_text().splitlines()[1:]:
        fields = line.split()
        if state is None or fields[3] == state:
            found.add(int(fields[1].rsplit(":", 1)[1], 16))
    return found
