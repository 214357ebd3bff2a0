"""Every node has started what its tree configures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.lab.lab import Lab
from harness.node import Node
from harness.wait import Condition, Hopeless

STARTED, FAILED = "run/v6lab/started", "run/v6lab/failed"
ENTRY_POINT = "usr/local/sbin/node-start"
"""Only an image with this entry point says when it has started."""


def conditions(lab: Lab) -> Iterator[Condition]:
    """One a node."""
    for node in lab.nodes.values():
        if lab.topology.nodes[node.name].entrypoint is None:  # another one than the image's says nothing
            yield Condition(f"started {node.name}", lambda node=node: _not_started(node))  # type: ignore[misc]


def started(node: Node) -> bool:
    """Whether the node's entry point has done its work."""
    return (node.root / STARTED).exists()


def once_started(lab: Lab, what: str, name: str, unmet: Callable[[Node], str | None]) -> Condition:
    """The condition ``what`` on node ``name``: ``unmet`` is asked only once the node has started."""

    def look() -> str | None:
        node = lab.node(name)
        return unmet(node) if started(node) else "the node has not started"

    return Condition(f"{what} {name}", look)


def failed(node: Node) -> str:
    """The service that did not start on a node; empty if none failed."""
    file = node.root / FAILED
    return file.read_text().strip() if file.exists() else ""


def _not_started(node: Node) -> str | None:
    if not (node.root / ENTRY_POINT).exists() or started(node):
        if service := failed(node):
            raise Hopeless(f"service {service} failed: v6lab log {node.name}")
        return None
    return "its entry point is still at work"
