"""The packet filter of a node, as nftables gives it."""

from __future__ import annotations

import json
from typing import Any

from harness.history.history import History
from harness.history.seen import PREFIX
from harness.node import Node
from harness.probe.program import run

KIND = "rules"
COMMAND = ("nft", "-j", "list", "ruleset")


def rules(history: History | None, node: Node, timeout: float = 10.0) -> list[dict[str, Any]]:
    """The objects of ``nft -j list ruleset`` (libnftables-json(5)) in ``node``'s namespace, with their counters.

    Runs the node's own nft, else the harness's. Raises ``MissingCapability`` without either, ``CannotMeasure`` if it
    fails.
    """
    found = parse(run(node, COMMAND, timeout=timeout))
    if history is not None:
        data = {"family": None, "asked": {"command": " ".join(COMMAND)}, "answer": "reply", "by": node.name}
        history.append(PREFIX + KIND, node.name, {**data, "data": {"rules": found}, "raw": ""})
    return found


def parse(output: str | bytes) -> list[dict[str, Any]]:
    """The list in nft's answer without its ``metainfo``; an empty answer is an empty rule set."""
    if not output.strip():
        return []
    return [each for each in json.loads(output)["nftables"] if "metainfo" not in each]
