"""How long a probe waits for an answer: its whole time-out, once; then less, while the same place keeps silent."""

from __future__ import annotations

from harness.history.history import History
from harness.history.seen import Answer, Family
from harness.history.silence import Subject
from harness.node import Node

KERNEL_SECONDS = 1.5
"""A kernel answers an echo or a SYN at once, however busy its daemons. What is lost (also a neighbour solicitation) is
sent again after 1 s; half a second is a hundred round trips of the lab."""

HURRIED = 0.8
"""What is left of a time-out after a failure: 1.2 s of 1.5 have room for a SYN that is sent again."""


def tcp(node: Node, family: Family, address: str, port: int) -> Subject:
    """Whether a port takes connections from a node."""
    return node.name, family, "tcp", address, port


def udp(node: Node, family: Family, address: str, port: int) -> Subject:
    """Whether anything comes back from a UDP port to a node."""
    return node.name, family, "udp", address, port


def echo(node: Node, family: Family, address: str, size: int) -> Subject:
    """Whether echoes of a size come back to a node."""
    return node.name, family, "echo", address, size


def application(family: Family, protocol: str, address: str, port: int) -> Subject:
    """Whether something speaks a protocol once connected: a daemon that hangs does so for all who ask."""
    return "", family, protocol, address, port


def wait_for(history: History, seconds: float, *subjects: Subject) -> float:
    """``seconds``, or less if one of ``subjects`` has just kept silent, or if a check has failed.

    Kernels answer in milliseconds under any load, so what a failure shortens is the time for sending again; once is
    still possible. A third of the time was not enough: a translator that lost one SYN was called dead.
    """
    return history.silences.patience(subjects, seconds, seconds * HURRIED)


def wait_for_words(history: History, seconds: float, *subjects: Subject, hurried: float | None = None) -> float:
    """The same for what a daemon says once connected: it may be slow on a busy machine, so only who knows how slow
    says how long to wait after a failure (``hurried``)."""
    return history.silences.patience(subjects, seconds, hurried)


def is_silent(history: History, subject: Subject) -> bool:
    """Whether ``subject`` has just kept silent."""
    return history.silences.patience([subject], float("inf")) < float("inf")


def note(history: History, answer: Answer, *subjects: Subject) -> None:
    """Remember what came of asking ``subjects``.

    *unreachable* counts as silence: routers limit how often they say it, so the next time it may be one."""
    lost = answer in ("silence", "unreachable")
    history.silences.note(*((subjects, ()) if lost else ((), subjects)))
