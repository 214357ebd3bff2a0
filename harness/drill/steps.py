"""The kinds of steps that journeys consist of, by the names that configs/journeys.yml gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.drill.mail_steps import bring, delivered, receive, send
from harness.drill.trip import Trip, addresses
from harness.drill.web_steps import file_application, open_page, read_document
from harness.errors import CannotMeasure
from harness.lab.lab import Lab
from harness.node import Node
from harness.plan.journeys import Step


def resolve(trip: Trip, step: Step) -> str | None:
    """A resolver of the host gives an address."""
    return addresses(trip, trip.full(step.object))[1] or None


KINDS: Mapping[str, Callable[[Trip, Step], str | None]] = {
    "resolve": resolve,
    "open": open_page,
    "file": file_application,
    "read": read_document,
    "send": send,
    "bring": bring,
    "receive": receive,
    "delivered": delivered,
}
"""Kind of step → what does it."""


def running(lab: Lab, host: str) -> Node:
    """A host that can be measured from. Raises ``CannotMeasure``."""
    node = lab.node(host)
    if node.state != "running":
        raise CannotMeasure(f"{host} is {node.state}")
    return node
