"""What is wrong with a topology that can be read: pure, no disk, no network."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.errors import WrongInput
from harness.topology.model import Endpoint, Finding, Link, Severity, Topology

LONGEST_PORT = 15
"""Linux's limit of an interface's name (IFNAMSIZ less one)."""

LONGEST_NAME = 60
"""Longer names of containers do not resolve (containerlab's own limit)."""

LOWEST_MTU, LOWEST_IPV6_MTU, HIGHEST_MTU = 68, 1280, 65535
"""RFC 791 section 3.2, RFC 8200 section 5, and the most that a veth takes."""

_CONTAINER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]+")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]*")
_NAME_HINT = "use letters, digits, '-', '.' and '_', beginning with a letter or digit"


def lint(topology: Topology) -> tuple[Finding, ...]:
    """All findings, in the order of the file. Only errors stop a deployment."""
    found = (*_names(topology), *_images(topology), *_ends(topology), *_mtus(topology), *_lonely(topology))
    return tuple(sorted(found, key=lambda finding: finding.line or 0))


def check(topology: Topology) -> None:
    """Raise ``WrongInput`` for the first error that ``lint`` finds, its message listing all."""
    raise_errors(topology.file, lint(topology))


def refuse(topology: Topology) -> None:
    """Raise ``WrongInput`` for what the file asks for and the embedded engine does not give."""
    raise_errors(topology.file, topology.unsupported)


def raise_errors(file: Path, findings: Iterable[Finding]) -> None:
    """Raise ``WrongInput`` for the first error among ``findings``, its message listing all; nothing without one."""
    errors = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        return
    first = errors[0]
    raise WrongInput(
        first.text + _others(errors[1:]), where=file, line=first.line, key=first.key or None, hint=first.hint or None
    )


def _others(errors: Sequence[Finding]) -> str:
    return "".join(
        f"\n  also {'' if error.line is None else f'line {error.line}: '}{error.key}: {error.text}" for error in errors
    )


def _finding(topology: Topology, severity: Severity, key: str, text: str, hint: str = "") -> Finding:
    return Finding(severity, text, topology.file, topology.lines.get(key), key, hint)


def container_name(topology: Topology, node: str) -> str:
    """The name that containerlab gives to a node's container."""
    if not topology.prefix:
        return node
    return f"{topology.name}-{node}" if topology.prefix == "__lab-name" else f"{topology.prefix}-{topology.name}-{node}"


def _names(topology: Topology) -> Iterator[Finding]:
    legal = bool(_NAME.fullmatch(topology.name))
    if not legal:
        yield _finding(topology, "error", "name", f"{topology.name!r} is no legal name of a lab", _NAME_HINT)
    for node in topology.nodes:
        key, full = f"topology.nodes.{node}", container_name(topology, node)
        if not _NAME.fullmatch(node) or (legal and not _CONTAINER.fullmatch(full)):
            yield _finding(topology, "error", key, f"{node!r} is no legal name of a node", _NAME_HINT)
        elif len(full) > LONGEST_NAME:
            text = f"the container's name {full} is longer than {LONGEST_NAME} characters and will not resolve"
            yield _finding(topology, "warning", key, text, "shorten the node's or the lab's name")


def _images(topology: Topology) -> Iterator[Finding]:
    for node in topology.nodes.values():
        if node.kind == "linux" and not node.image:
            hint = "write image: here or under topology.defaults"
            yield _finding(topology, "error", f"topology.nodes.{node.name}", "the node has no image", hint)


def _ends(topology: Topology) -> Iterator[Finding]:
    taken: dict[Endpoint, str] = {}
    for link in topology.links:
        for end in link.ends:
            if end.node not in topology.nodes:
                yield _finding(topology, "error", link.key, f"there is no node {end.node!r}", _existing(topology))
                continue
            yield from _port(topology, link, end)
            if end in taken and taken[end] == link.key:
                yield _finding(topology, "error", link.key, f"both ends are {end}", "name two interfaces")
            elif end in taken:
                line = topology.lines.get(taken[end])
                text = f"{end} is on another link already" + (f" (line {line})" if line else "")
                yield _finding(topology, "error", link.key, text, f"free on {end.node}: {_free(topology, end.node)}")
            taken.setdefault(end, link.key)


def _existing(topology: Topology) -> str:
    names = sorted(topology.nodes)
    return f"nodes here: {', '.join(names[:20])}" + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def _free(topology: Topology, node: str) -> str:
    used = set(topology.ports(node))
    return next(f"eth{number}" for number in range(1, len(used) + 2) if f"eth{number}" not in used)


def _port(topology: Topology, link: Link, end: Endpoint) -> Iterator[Finding]:
    port, node = end.port, topology.nodes[end.node]
    if node.kind != "linux":
        return  # other kinds have names of their own for their interfaces
    hint = f"use at most {LONGEST_PORT} characters, without blanks, slashes and colons"
    if len(port.encode()) > LONGEST_PORT:
        text = f"the interface name {port!r} has {len(port.encode())} characters"
        yield _finding(topology, "error", link.key, text, hint)
    elif port in (".", "..", "lo") or not port.isprintable() or re.search(r"[\s/:]", port):
        yield _finding(topology, "error", link.key, f"{port!r} is no legal name of an interface", hint)
    elif port == "eth0" and node.network_mode.lower() != "none":
        text = f"{end} is the management interface of a node without network-mode: none"
        yield _finding(topology, "error", link.key, text, "begin at eth1, or write network-mode: none for the node")


def _mtus(topology: Topology) -> Iterator[Finding]:
    parallel: dict[frozenset[str], list[Link]] = defaultdict(list)
    for link in topology.links:
        parallel[frozenset(end.node for end in link.ends)].append(link)
        if not LOWEST_MTU <= link.mtu <= HIGHEST_MTU:
            text = f"MTU {link.mtu} is not between {LOWEST_MTU} and {HIGHEST_MTU}"
            yield _finding(topology, "error", link.key, text, "leave mtu out for 9500")
        elif link.mtu < LOWEST_IPV6_MTU:
            text = f"MTU {link.mtu} is less than IPv6 needs ({LOWEST_IPV6_MTU}, RFC 8200)"
            yield _finding(topology, "warning", link.key, text, "IPv6 does not run on this link")
    for links in parallel.values():
        if len({link.mtu for link in links}) > 1:
            sizes = ", ".join(str(link.mtu) for link in links)
            text = f"parallel links between {links[0].a.node} and {links[0].b.node} differ in MTU: {sizes}"
            yield _finding(topology, "warning", links[-1].key, text, "give them one MTU unless that is meant")


def _lonely(topology: Topology) -> Iterator[Finding]:
    if any(finding.key.startswith("topology.links[") for finding in topology.unsupported):
        return  # links of other types are not in the model: no saying who has none
    degrees = Counter(end.node for link in topology.links for end in link.ends)
    for node in topology.nodes:
        if not degrees[node]:
            yield _finding(
                topology, "warning", f"topology.nodes.{node}", "the node has no links", "link it or remove it"
            )
