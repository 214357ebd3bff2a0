"""Running a program in a node's network namespace: the node's own copy, else the one of the harness's machine."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from harness.errors import CannotMeasure, MissingCapability
from harness.node import Node
from harness.probe.namespace import inside

DIRECTORIES = ("usr/sbin", "usr/bin", "sbin", "bin")


def run(node: Node, argv: Sequence[str], stdin: str = "", timeout: float = 10.0) -> str:
    """What the program writes to its standard output.

    The node's own is preferred: an older nft than the one that loaded a rule set crashes when it reads it. Raises
    ``MissingCapability`` if there is none on either side, ``CannotMeasure`` if it fails or does not end in time.
    """
    try:
        done = _own(node, argv, stdin, timeout) or _ours(node, argv, stdin, timeout)
    except FileNotFoundError as error:
        raise MissingCapability(argv[0], f"neither node {node.name} nor this machine has it") from error
    except subprocess.TimeoutExpired as error:
        raise CannotMeasure(f"{argv[0]} in node {node.name} did not end in {timeout:.0f} s") from error
    if done.returncode:
        why = done.stderr.strip() or f"it ended with {done.returncode}"
        raise CannotMeasure(f"{' '.join(argv)} in node {node.name} failed: {why}")
    return done.stdout


def _own(node: Node, argv: Sequence[str], stdin: str, timeout: float) -> subprocess.CompletedProcess[str] | None:
    root = node.root
    if not any((root / directory / argv[0]).exists() for directory in DIRECTORIES):
        return None
    enter = ("nsenter", "--target", str(node.pid), "--mount", "--net", "--")
    return subprocess.run(
        (*enter, *argv), input=stdin, capture_output=True, text=True, errors="replace", timeout=timeout, check=False
    )


def _ours(node: Node, argv: Sequence[str], stdin: str, timeout: float) -> subprocess.CompletedProcess[str]:
    with inside(node):
        return subprocess.run(
            argv, input=stdin, capture_output=True, text=True, errors="replace", timeout=timeout, check=False
        )
