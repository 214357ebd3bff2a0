"""The packet filter of a node, as nftables gives it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from harness.errors import CannotMeasure, MissingCapability
from harness.history.history import History
from harness.history.seen import PREFIX
from harness.node import Node
from harness.probe.namespace import inside

KIND = "rules"
COMMAND = ("nft", "-j", "list", "ruleset")


def rules(history: History | None, node: Node, timeout: float = 10.0) -> list[dict[str, Any]]:
    """The objects of ``nft -j list ruleset`` (libnftables-json(5)) in ``node``'s namespace, with their counters.

    Runs the harness's own nft there, so the node needs none. Raises ``MissingCapability`` without nft,
    ``CannotMeasure`` if it fails.
    """
    try:
        with inside(node):
            done = subprocess.run(COMMAND, capture_output=True, timeout=timeout, check=False)
    except FileNotFoundError as error:
        raise MissingCapability("nft", "packet filters cannot be read; install nftables") from error
    except subprocess.TimeoutExpired as error:
        raise CannotMeasure(f"nft in node {node.name} did not end in {timeout:.0f} s") from error
    if done.returncode:
        raise CannotMeasure(f"nft in node {node.name} failed: {done.stderr.decode(errors='replace').strip()}")
    found = parse(done.stdout)
    if history is not None:
        data = {"family": None, "asked": {"command": " ".join(COMMAND)}, "answer": "reply", "by": node.name}
        history.append(PREFIX + KIND, node.name, {**data, "data": {"rules": found}, "raw": ""})
    return found


def parse(output: bytes) -> list[dict[str, Any]]:
    """The list in nft's answer without its ``metainfo``; an empty answer is an empty rule set."""
    if not output.strip():
        return []
    return [each for each in json.loads(output)["nftables"] if "metainfo" not in each]
