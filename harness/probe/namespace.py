"""Entering a node's network namespace: a socket opened inside stays there and is used from anywhere."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from harness.errors import EXIT_NOT_MEASURED, CannotMeasure, MissingCapability
from harness.node import Node

CLONE_NEWNET = 0x40000000
OWN_NAMESPACE = "/proc/thread-self/ns/net"
"""The calling thread's own: ``/proc/self`` would be the main thread's, which may be inside a node just now."""
_LIBC = ctypes.CDLL(None, use_errno=True)  # once: it takes a third of a millisecond, and a run enters a thousand times

Opened = TypeVar("Opened")


@contextmanager
def inside(node: Node) -> Iterator[None]:
    """Run the body in ``node``'s network namespace: the calling thread only, other threads stay where they are.

    Children that are started in the body are born there. Keep it short: open and leave. Raises ``CannotMeasure`` if
    the namespace is gone or is the harness's own, so that no packet can leave from the host by mistake.
    If the way back fails, the process ends at once: it must not go on in a place where it does not belong.
    """
    home = os.open(OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(node, home)
        try:
            yield
        finally:
            _leave(node, home)
    finally:
        os.close(home)


def open_in(node: Node, factory: Callable[[], Opened]) -> Opened:
    """What ``factory`` opens in ``node``'s network namespace. Raises ``CannotMeasure`` if it cannot be opened."""
    with inside(node):
        try:
            return factory()
        except OSError as error:
            raise CannotMeasure(f"cannot open a socket in node {node.name}: {error}") from error


def _enter(node: Node, home: int) -> None:
    path = node.netns
    try:
        away = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise CannotMeasure(f"the network namespace of node {node.name} is gone: {error}") from error
    try:
        if os.path.sameopenfile(home, away):
            raise CannotMeasure(
                f"node {node.name} has no network namespace of its own; nothing is sent from the host's"
            )
        setns(away)
    except PermissionError as error:
        raise MissingCapability("CAP_SYS_ADMIN", "probes enter the nodes' network namespaces; run as root") from error
    except OSError as error:
        raise CannotMeasure(f"cannot enter the network namespace of node {node.name}: {error}") from error
    finally:
        os.close(away)


def _leave(node: Node, home: int) -> None:
    try:
        setns(home)
    except OSError as error:
        sys.stderr.write(f"v6lab: cannot leave the network namespace of node {node.name}: {error}; stopping\n")
        sys.stderr.flush()
        os._exit(EXIT_NOT_MEASURED)


def setns(descriptor: int) -> None:
    """Move the calling thread into the network namespace open at ``descriptor``. Raises ``OSError``."""
    if sys.version_info >= (3, 12):
        os.setns(descriptor, CLONE_NEWNET)
    else:
        if _LIBC.setns(descriptor, CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
